"""
Files that the command line names: read up to a limit, written whole or not at all, and never a device by accident.

A result replaces a regular file at once, or the file behind a link; it is written into a pipe or into a descriptor
that the caller opened (``/dev/stdout``, ``/dev/fd/3``, a shell's ``>(…)``). Everything else is refused: replacing a
device or a pipe would take it away from every other program of the machine.
"""

import contextlib
import errno
import os
import re
import stat
import sys
from pathlib import Path

from reconciler.errors import OutputError, UsageError

STANDARD_INPUT = Path("-")

_MEBIBYTE = 1024 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EIO}
_DESCRIPTOR = re.compile(r"/dev/(?:stdin|stdout|stderr)|/(?:dev|proc/self)/fd/[0-9]{1,6}")
_STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_SORTS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def descriptor_of(path: Path) -> int | None:
    """The open descriptor that a path names, such as ``/dev/stdout``; None for a path of the file system."""
    text = os.path.normpath(path)
    if not _DESCRIPTOR.fullmatch(text):
        return None
    return _STREAMS[text] if text in _STREAMS else int(text.rpartition("/")[2])


def is_standard_output(path: Path) -> bool:
    """Whether what is written to the path appears on standard output."""
    return descriptor_of(path) == 1


def is_pipe(path: Path) -> bool:
    """Whether the path is a pipe: a FIFO, or a descriptor of one such as a shell's ``<(…)``."""
    with contextlib.suppress(OSError, ValueError):
        return stat.S_ISFIFO(path.stat().st_mode)
    return False


def read_named(path: Path, *, limit: int, noun: str, hint: str) -> bytes:
    """
    The bytes of a file, a pipe, or standard input for ``-``.

    Raises `UsageError` for a device, a folder or a socket, for a file that is missing or cannot be read, and for more
    than `limit` bytes. `noun` names the file in messages ("the plan"); messages hold nothing that was read.
    """
    if path == STANDARD_INPUT:
        return _limited(sys.stdin.buffer.read(limit + 1), "standard input", limit=limit, noun=noun)
    try:
        found = path.stat()
        number = descriptor_of(path)
        if number is None and not (stat.S_ISREG(found.st_mode) or stat.S_ISFIFO(found.st_mode)):
            message = f"{noun} cannot be read from {path}, which is {_sort_of(found.st_mode)}"
            raise UsageError(message, hint="name a regular file, a pipe, or - for standard input")
        if number is None and found.st_size > limit:
            raise _too_large(str(path), limit=limit, noun=noun)
        # A pipe is opened to wait for its writer; a regular file never waits.
        opened = os.dup(number) if number is not None else os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            if number is None and not _is_same_sort(found, os.fstat(opened)):
                message = f"{noun} cannot be read from {path}, which was replaced while it was opened"
                raise UsageError(message, hint=hint)
            content = _read(opened, limit + 1)
        finally:
            os.close(opened)
    except (OSError, ValueError) as error:
        why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "the name cannot be used"
        message = f"cannot read {path}: {why}"
        raise UsageError(message, hint=hint) from error
    return _limited(content, str(path), limit=limit, noun=noun)


def _is_same_sort(before: os.stat_result, now: os.stat_result) -> bool:
    return stat.S_IFMT(before.st_mode) == stat.S_IFMT(now.st_mode)


def _read(descriptor: int, most: int) -> bytes:
    chunks: list[bytes] = []
    while most > 0 and (chunk := os.read(descriptor, min(most, _MEBIBYTE))):
        chunks.append(chunk)
        most -= len(chunk)
    return b"".join(chunks)


def _limited(content: bytes, where: str, *, limit: int, noun: str) -> bytes:
    if len(content) > limit:
        raise _too_large(where, limit=limit, noun=noun)
    return content


def _too_large(where: str, *, limit: int, noun: str) -> UsageError:
    size = f"{limit // _MEBIBYTE} MiB" if limit >= _MEBIBYTE else f"{limit:,} bytes"
    return UsageError(f"{noun} from {where} has more than {size}", hint="check that this is the file that is meant")


def write_named(path: Path, content: bytes, *, option: str, over: bytes | tuple[bytes, ...] = b"") -> None:
    """
    Write a result whole: replace a regular file at once, or write into a pipe or an open descriptor.

    A regular file is replaced only if it is empty or begins with `over`, or one of several beginnings, as an earlier
    result of the same sort does: a mistyped name would else cost a manifest, a file of SIMs or the store.

    Raises `UsageError` for a device, a folder, a socket and a place that cannot be written (64), and `OutputError` when
    the disk is full or fails (74). `option` names the flag that named the path. A file that was there keeps its bytes
    and its permissions if anything fails.
    """
    number = descriptor_of(path)
    try:
        if number is not None:
            if number == 1:
                sys.stdout.flush()
            _write(os.dup(number), content)
            return
        target = _target(path)
        found = target.lstat() if os.path.lexists(target) else None
        if found is not None and stat.S_ISFIFO(found.st_mode):
            _write(os.open(target, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC), content)
        elif found is not None and not stat.S_ISREG(found.st_mode):
            message = f"{option} {path} is {_sort_of(found.st_mode)}, which is not replaced"
            raise UsageError(message, hint=f"name a regular file or a pipe for {option}")
        elif found is not None and not _begins(target, over):
            message = f"{option} {path} names a file that holds something else, which is not replaced"
            raise UsageError(
                message, hint=f"name a file that does not exist yet for {option}, or remove this one first"
            )
        else:
            _replace(target, content, mode=None if found is None else stat.S_IMODE(found.st_mode))
    except BrokenPipeError as error:
        message = f"cannot write {path}: the program that reads it has ended"
        raise OutputError(message, hint=f"check what reads the file that {option} names") from error
    except (OSError, ValueError) as error:
        number = error.errno if isinstance(error, OSError) else None
        message = f"cannot write {path}: {os.strerror(number) if number else 'the name cannot be used'}"
        if number in _FULL:
            raise OutputError(message, hint="make room on the disk, or choose another one") from error
        raise UsageError(message, hint=f"choose a writable path for {option}") from error


def append_named(path: Path, content: bytes, *, option: str) -> None:
    """
    Add a result to the end of a regular file, which need not be there; a pipe or a descriptor is written into.

    Raises `UsageError` and `OutputError` as `write_named` does.
    """
    number = descriptor_of(path)
    is_file = number is None and path.is_file()
    if not is_file:
        write_named(path, content, option=option)
        return
    try:
        _write(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOCTTY), content)
    except OSError as error:
        message = f"cannot write {path}: {os.strerror(error.errno or 0)}"
        if error.errno in _FULL:
            raise OutputError(message, hint="make room on the disk, or choose another one") from error
        raise UsageError(message, hint=f"choose a writable path for {option}") from error


def _target(path: Path) -> Path:
    """The path that is written: the file behind a link, which stays a link."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _begins(target: Path, starts: bytes | tuple[bytes, ...]) -> bool:
    """Whether a regular file is empty, or begins with these bytes, or with one of several beginnings."""
    longest = len(starts) if isinstance(starts, bytes) else max(map(len, starts))
    descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.read(descriptor, longest or 1)
        return not found or found.startswith(starts)
    finally:
        os.close(descriptor)


def _replace(target: Path, content: bytes, *, mode: int | None) -> None:
    scratch = target.with_name(f".{target.name}.part")
    scratch.unlink(missing_ok=True)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(scratch, flags, 0o666)
        if mode is not None:
            os.fchmod(descriptor, mode)
        _write(descriptor, content)
        scratch.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise


def _write(descriptor: int, content: bytes) -> None:
    """Write everything and close the descriptor."""
    try:
        remaining = memoryview(content)
        while remaining:
            remaining = remaining[os.write(descriptor, remaining) :]
    finally:
        os.close(descriptor)


def create_file(path: Path, content: bytes) -> None:
    """Write a file that does not exist yet; `FileExistsError` for anything that has the name, a broken link too."""
    _write(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666), content)


def _sort_of(mode: int) -> str:
    return next((words for is_sort, words in _SORTS if is_sort(mode)), "no regular file")
