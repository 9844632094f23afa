"""
The files of an estate in another Git revision, read blob by blob.

A checkout runs hooks and filters, and an archive obeys attributes: all three are written by authors of the tree. So Git
is asked for two things only, the list of a tree and the bytes of a blob. A symbolic link or a submodule is refused,
because the bytes behind it are not in the revision. Nothing of the environment but what finds Git and its settings is
handed to it, nothing is fetched, and a bare repository that lies in the tree is not taken for the repository.
"""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO

from reconciler.diagnostics import FILE_NOT_FOUND, FILE_TOO_LARGE, FILE_UNREADABLE, SYMBOLIC_LINK, TREE_TOO_LARGE
from reconciler.errors import InvalidManifests, UsageError
from reconciler.manifests.files import MAX_TREE_BYTES
from reconciler.manifests.manifest_text import MAX_FILE_BYTES
from reconciler.manifests.opened_files import FileRefused, components_of
from reconciler.manifests.reserved_files import MANIFEST_ENDINGS, SIM_FILE_ENDINGS
from reconciler.manifests.sim_text import LARGEST_FILE_BYTES
from reconciler.model.reserved_variables import is_hidden

MOST_ENTRIES = 1_000_000
_MOST_SIM_BYTES = 1024 * 1024 * 1024
_LONGEST_NAME = 200
_SECONDS = 60
_OWNERS = tuple(f"{folder}CODEOWNERS" for folder in (".github/", "", "docs/", ".gitlab/"))
_LARGEST_OWNERS = 3 * 1024 * 1024
_GIT = "git"
_FILE_MODES = frozenset({"100644", "100755", "100664"})
_LINK, _SUBMODULE = "120000", "160000"
_SAFE = (
    *("--no-replace-objects", "--literal-pathspecs", "--no-pager"),
    *("-c", "safe.bareRepository=explicit", "-c", "protocol.allow=never"),
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
)
_HANDED_ON = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "GIT_DIR", "GIT_CEILING_DIRECTORIES")
_OURS = {"LC_ALL": "C", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit, as it was named and by its id, seen from the folder of an estate."""

    root: Path
    name: str
    commit: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Blob:
    names: tuple[str, ...]
    id: str
    size: int


def revision_of(root: Path, name: str, variables: Mapping[str, str]) -> Revision:
    """The commit that a name leads to; `UsageError` where there is none, no repository, or no Git."""
    shown = name[:_LONGEST_NAME]
    if not name or name.startswith("-") or not name.isprintable():
        message = f"{shown!r} is no name of a revision"
        raise UsageError(message, hint="name a branch, a tag or a commit, such as origin/main")
    done = _git(root, variables, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    commit = done.stdout.decode("ascii", "replace").strip()
    if done.returncode == 0 and commit:
        return Revision(root, name, commit, variables)
    if done.returncode == 1:
        message = f"there is no revision {shown} here"
        hint = f"fetch it first, e.g. git fetch origin {shown.removeprefix('origin/')} (a shallow checkout lacks it)"
        raise UsageError(message, hint=hint)
    message = f"Git cannot read the repository of {root}"
    raise UsageError(message, hint="run this in a clone that belongs to this user; `git status` says what is wrong")


def lay_out(revision: Revision, target: Path) -> None:
    """
    Write the manifests and files of SIMs of a revision below `target`, an empty folder, as they are in it.

    Hidden files are left out, as everywhere. Raises `InvalidManifests` for links, submodules, names that lead
    elsewhere, and for more than an estate may have.
    """
    try:
        blobs = [blob for blob in _tree(revision) if blob.names[-1].lower().endswith(_ENDINGS)]
        _check_sizes(blobs)
        with _reader(revision) as read:
            for blob in blobs:
                _write(target, blob, read(blob))
    except FileRefused as refusal:
        raise _refused(refusal, revision) from refusal


def file_in(revision: Revision, path: str, limit: int) -> bytes:
    """The bytes of one file of a revision, by its path in the repository; `UsageError` where there is none."""
    try:
        found = _only(revision, path, limit)
        with _reader(revision) as read:
            return read(found)
    except FileRefused as refusal:
        message = f"cannot read {path[:_LONGEST_NAME]} of {revision.name}: {refusal.detail}"
        raise UsageError(
            message, hint="name a file as git:REV:PATH, with a path from the root of the repository"
        ) from refusal


def owners_of(revision: Revision, path: str) -> tuple[str, ...]:
    """The owners of a path by the file of code owners of the revision: the last rule that fits; none without one."""
    for name in _OWNERS:
        try:
            found = _only(revision, name, _LARGEST_OWNERS)
        except FileRefused:
            continue
        with _reader(revision) as read:
            text = read(found).decode("utf-8", "replace")
        rules = (line.partition("#")[0].split() for line in text.splitlines())
        owners = [rule[1:] for rule in rules if rule and _owns(rule[0], path)]
        return tuple(owners[-1]) if owners else ()
    return ()


def _owns(pattern: str, path: str) -> bool:
    """Whether a rule is for a path: a folder is for all in it, a name without a slash is for every folder."""
    plain = pattern.strip("/")
    names = path.split("/")
    if "/" not in pattern.rstrip("/"):
        return any(fnmatchcase(name, plain) for name in names)
    return any(fnmatchcase("/".join(names[:count]), plain) for count in range(1, len(names) + 1))


def _only(revision: Revision, path: str, limit: int) -> _Blob:
    names = components_of(path)
    for blob in _tree(revision, "--full-tree", path=path):
        if blob.names == names and blob.size > limit:
            raise FileRefused(FILE_TOO_LARGE, path, f"It has more than {limit:,} bytes.")
        if blob.names == names:
            return blob
    raise FileRefused(FILE_NOT_FOUND, path, "There is no such file.")


_ENDINGS = (*MANIFEST_ENDINGS, *SIM_FILE_ENDINGS)


def _tree(revision: Revision, *options: str, path: str | None = None) -> Iterator[_Blob]:
    """Every file of the revision below the root that is not hidden; `FileRefused` for links and submodules."""
    paths = () if path is None else (path,)
    words = ("ls-tree", "-r", "-z", "-l", *options, revision.commit, "--", *paths)
    done = _git(revision.root, revision.variables, *words)
    if done.returncode != 0:
        raise FileRefused(FILE_UNREADABLE, ".", "Git cannot list the tree.")
    entries = done.stdout.split(b"\0")[:-1]
    if len(entries) > MOST_ENTRIES:
        raise FileRefused(TREE_TOO_LARGE, ".", f"The revision has more than {MOST_ENTRIES:,} files.")
    for entry in entries:
        head, _, name = entry.partition(b"\t")
        mode, _, identity, size = head.decode("ascii", "replace").split()
        found = name.decode("utf-8", "surrogateescape")
        if path is None and is_hidden(found.split("/")) and ".." not in found.split("/"):
            continue
        names = components_of(found)
        if "/".join(names) != found:
            raise FileRefused(FILE_UNREADABLE, "/".join(names), "Its path is none that a file can have.")
        if mode == _LINK:
            raise FileRefused(SYMBOLIC_LINK, found, "It is a symbolic link.")
        if mode == _SUBMODULE:
            raise FileRefused(FILE_UNREADABLE, found, "It is a submodule, whose files are not in this repository.")
        if mode not in _FILE_MODES:
            raise FileRefused(FILE_UNREADABLE, found, "It is no file.")
        yield _Blob(names, identity, int(size))


def _check_sizes(blobs: Sequence[_Blob]) -> None:
    texts, sims = 0, 0
    for blob in blobs:
        is_of_sims = blob.names[-1].lower().endswith(SIM_FILE_ENDINGS)
        if blob.size > (LARGEST_FILE_BYTES if is_of_sims else MAX_FILE_BYTES):
            raise FileRefused(FILE_TOO_LARGE, "/".join(blob.names), "It is larger than a file of an estate may be.")
        texts, sims = (texts, sims + blob.size) if is_of_sims else (texts + blob.size, sims)
        if texts > MAX_TREE_BYTES or sims > _MOST_SIM_BYTES:
            raise FileRefused(TREE_TOO_LARGE, "/".join(blob.names), "The files together are too large.")


def _write(target: Path, blob: _Blob, content: bytes) -> None:
    path = target.joinpath(*blob.names)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as stream:
            stream.write(content)
    except OSError as error:
        detail = "It cannot be written beside the other files of the revision."
        raise FileRefused(FILE_UNREADABLE, "/".join(blob.names), detail) from error


@contextmanager
def _reader(revision: Revision) -> "Iterator[_Read]":
    """A function that gives the bytes of a blob, from one process that ends with the block."""
    with _started(revision.root, revision.variables, "cat-file", "--batch") as process:
        try:
            yield _Read(process.stdin, process.stdout)
        finally:
            process.kill()


class _Read:
    def __init__(self, questions: IO[bytes] | None, answers: IO[bytes] | None) -> None:
        self._questions = questions
        self._answers = answers

    def __call__(self, blob: _Blob) -> bytes:
        shown = "/".join(blob.names)
        if self._questions is None or self._answers is None:
            raise FileRefused(FILE_UNREADABLE, shown, "Git cannot be asked.")
        try:
            self._questions.write(f"{blob.id}\n".encode())
            self._questions.flush()
            head = self._answers.readline().split()
            if head != [blob.id.encode(), b"blob", str(blob.size).encode()]:
                raise FileRefused(FILE_UNREADABLE, shown, "Git does not have its content here.")
            content = self._answers.read(blob.size)
            self._answers.read(1)
        except OSError as error:
            raise FileRefused(FILE_UNREADABLE, shown, "Git ended early.") from error
        return content


def _git(root: Path, variables: Mapping[str, str], *words: str) -> "subprocess.CompletedProcess[bytes]":
    with _started(root, variables, *words) as process:
        try:
            out, _ = process.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired as error:
            process.kill()
            message = f"Git takes longer than {_SECONDS} seconds in {root}"
            raise UsageError(message, hint="see whether `git status` works there") from error
    return subprocess.CompletedProcess(words, process.returncode, out)


def _started(root: Path, variables: Mapping[str, str], *words: str) -> "subprocess.Popen[bytes]":
    environment = {**{name: variables[name] for name in _HANDED_ON if name in variables}, **_OURS}
    try:
        return subprocess.Popen(
            [_GIT, "-C", str(root), *_SAFE, *words],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        message = "Git cannot be started on this machine, and a revision was named"
        raise UsageError(message, hint="install git") from error


def _refused(refusal: FileRefused, revision: Revision) -> InvalidManifests:
    shown = FileRefused(refusal.code, f"{revision.name}:{refusal.file}", refusal.detail)
    return InvalidManifests([shown.diagnostic()])
