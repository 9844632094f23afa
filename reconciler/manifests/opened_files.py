"""
Opening what lies below the root of an estate, and nothing else, whoever changes the folders meanwhile (S1, S3).

A path is opened one component at a time, each relative to the folder that was opened before it, so that nothing outside
of the root can be reached: not by `..`, not by a symbolic link, and not by a link that is put in place while we look.
Only a regular file is opened: opening a pipe waits and opening a device may do something.
"""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.diagnostics import (
    FILE_NOT_FOUND,
    FILE_TOO_LARGE,
    FILE_UNREADABLE,
    NOT_A_REGULAR_FILE,
    OUTSIDE_ROOT,
    RESERVED_FILE,
    SYMBOLIC_LINK,
    TOO_MANY_FILES,
    TREE_TOO_LARGE,
    Diagnostic,
    DiagnosticCode,
)
from reconciler.positions import Span

MAX_PATH_CHARACTERS = 4096

_MEBIBYTE = 1024 * 1024

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

# Names that cannot be shown as they are: control characters, and bytes that are no UTF-8.
_UNFIT_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_HINTS = {
    FILE_NOT_FOUND: "Check the spelling; paths are relative to the root of the estate.",
    FILE_UNREADABLE: "Check the permissions of the file and of the folders above it.",
    FILE_TOO_LARGE: "Split the file, or move the members of EndpointSets into CSV files.",
    NOT_A_REGULAR_FILE: "Name a regular file or a folder.",
    OUTSIDE_ROOT: "Name a path relative to the root of the estate and below it, such as `estate/groups.yaml`.",
    RESERVED_FILE: "Put what is meant into a file of its own, such as estate/groups.yaml or sims/uk.csv.",
    SYMBOLIC_LINK: "Put the file itself in the place of the link.",
    TOO_MANY_FILES: "Put several documents into one file, or set RECONCILER_MAX_FILES to allow more.",
    TREE_TOO_LARGE: "Give the members of EndpointSets in CSV files, or divide the estate.",
}


class FileRefused(Exception):
    """
    A file was not read. It carries what a diagnostic needs: code, shown path, detail and hint.

    Messages never hold anything that was read.
    """

    def __init__(self, code: DiagnosticCode, file: str, detail: str) -> None:
        super().__init__(code, file, detail)
        self.code = code
        self.file = file
        self.detail = detail
        self.hint = _HINTS[code]

    def __str__(self) -> str:
        return f"{self.file}: {self.detail}"

    def diagnostic(self) -> Diagnostic:
        """The refusal at the first line of the file; a caller that knows who named the file has a better place."""
        return Diagnostic(self.code, self.detail, self.hint, span=Span(self.file, 1, 1, 1, 2))


def read_below(root: Path, relative_path: str, limit: int) -> bytes:
    """
    The bytes of one regular file below `root`, at most `limit` of them.

    Raises `FileRefused` for a path that is absolute or leaves the root, for links anywhere on the way, for what is no
    regular file, and for a file that is larger, missing or unreadable.
    """
    names = components_of(relative_path)
    shown = "/".join(names)
    if not names:
        raise FileRefused(NOT_A_REGULAR_FILE, ".", "The path names the root itself, not a file.")
    with opened_root(root) as top, opened_folder(top, names[:-1], shown) as folder:
        return read_opened(folder, names[-1], shown=shown, limit=limit)


def components_of(path: str) -> tuple[str, ...]:
    """The names on a relative path that stays below the root; `FileRefused` for any other."""
    shown = _UNFIT_NAME.sub("\N{REPLACEMENT CHARACTER}", path[:200]) or '""'
    if not path or len(path) > MAX_PATH_CHARACTERS or _UNFIT_NAME.search(path):
        raise FileRefused(OUTSIDE_ROOT, shown, "The path is empty, too long, or has characters that cannot be shown.")
    if path.startswith(("/", "~")):
        raise FileRefused(OUTSIDE_ROOT, shown, "The path is not relative to the root of the estate.")
    names = tuple(name for name in path.split("/") if name not in {"", "."})
    if ".." in names:
        raise FileRefused(OUTSIDE_ROOT, shown, "The path holds `..`, which could leave the estate.")
    return names


def shown_path(names: tuple[str, ...]) -> str:
    """A path as it is shown; `FileRefused` for one that cannot be."""
    path = "/".join(names)
    if _UNFIT_NAME.search(path):
        shown = _UNFIT_NAME.sub("\N{REPLACEMENT CHARACTER}", path)
        raise FileRefused(FILE_UNREADABLE, shown, "The name has characters that cannot be shown.")
    return path


@contextmanager
def opened_root(root: Path) -> Iterator[int]:
    """The root of an estate."""
    # The root is the user's choice and may itself be a link; only what is below it is held to be.
    try:
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise refusal_of(error, str(root)) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def opened_folder(top: int, names: tuple[str, ...], shown: str) -> Iterator[int]:
    """A folder below an opened one, reached name by name."""
    descriptor = os.dup(top)
    try:
        for name in names:
            if stat.S_ISLNK(status_of(descriptor, name, shown).st_mode):
                raise FileRefused(SYMBOLIC_LINK, shown, f"`{name}` is a symbolic link.")
            try:
                inner = os.open(name, _FOLDER_FLAGS, dir_fd=descriptor)
            except OSError as error:
                raise refusal_of(error, shown) from error
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def status_of(folder: int, name: str, shown: str, *, follow: bool = False) -> os.stat_result:
    """
    The sort of file that a name leads to, without opening it.

    With `follow`, a link to a folder is not taken for a link to a file: the first would hide manifests and is refused,
    the second is like any file that is no manifest.
    """
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if follow and stat.S_ISLNK(status.st_mode):
            target = os.stat(name, dir_fd=folder)
            if stat.S_ISDIR(target.st_mode):
                raise FileRefused(SYMBOLIC_LINK, shown, f"`{name}` is a symbolic link to a folder.")
            return target
    except (OSError, ValueError) as error:
        raise refusal_of(error, shown) from error
    return status


def read_opened(folder: int, name: str, *, shown: str, limit: int) -> bytes:
    """A regular file of an opened folder, of at most `limit` bytes."""
    mode = status_of(folder, name, shown).st_mode
    if stat.S_ISLNK(mode):
        raise FileRefused(SYMBOLIC_LINK, shown, f"`{name}` is a symbolic link.")
    if not stat.S_ISREG(mode):
        raise FileRefused(NOT_A_REGULAR_FILE, shown, f"`{name}` is {_sort_of(mode)}.")
    try:
        descriptor = os.open(name, _FILE_FLAGS, dir_fd=folder)
    except OSError as error:
        raise refusal_of(error, shown) from error
    try:
        # Looked at again, as something else can have taken the name since.
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileRefused(NOT_A_REGULAR_FILE, shown, f"`{name}` is no regular file.")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise refusal_of(error, shown) from error
    finally:
        os.close(descriptor)
    if len(content) > limit:
        size = f"{limit // _MEBIBYTE} MiB" if limit >= _MEBIBYTE else f"{limit:,} bytes"
        raise FileRefused(FILE_TOO_LARGE, shown, f"The file has more than {size}.")
    return content


def _sort_of(mode: int) -> str:
    sorts = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((words for is_sort, words in sorts if is_sort(mode)), "no regular file")


def refusal_of(error: OSError | ValueError, shown: str) -> FileRefused:
    """The refusal of the operating system, in our words."""
    number = error.errno if isinstance(error, OSError) else None
    if number in {errno.ENOENT, errno.ENOTDIR}:
        return FileRefused(FILE_NOT_FOUND, shown, "There is no such file or folder.")
    if number == errno.ELOOP:
        return FileRefused(SYMBOLIC_LINK, shown, "A symbolic link is on the way to the file.")
    words = os.strerror(number) if number is not None else "its name cannot be used"
    return FileRefused(FILE_UNREADABLE, shown, f"The file cannot be read: {words[:1].lower()}{words[1:]}.")
