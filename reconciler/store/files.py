"""A SQLite store as a file: private, in its place, and on a disk of this machine (S23)."""

import contextlib
import os
import stat
from pathlib import Path

from reconciler.errors import StoreError
from reconciler.store.rows import RESTORE

_NETWORK = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb2",
        "smb3",
        "smbfs",
        "ncpfs",
        "afs",
        "coda",
        "ceph",
        "glusterfs",
        "lustre",
        "beegfs",
        "gpfs",
        "orangefs",
        "pvfs2",
        "ocfs2",
        "gfs2",
        "davfs",
        "fuse.sshfs",
        "fuse.s3fs",
        "fuse.glusterfs",
        "fuse.ceph",
        "fuse.rclone",
        "fuse.gcsfuse",
        "fuse.davfs2",
        "fuse.juicefs",
        "fuse.moosefs",
    ]
)
_MOUNTS = Path("/proc/mounts")
FOLDER_MODE = 0o700
FILE_MODE = 0o600
NO_SPACE = 128 * 1024
"""A decision and the index of the log need about this much; with less nothing can be written."""


def check_place(path: Path, root: Path) -> bool:
    """
    Whether the file exists.

    Raises `StoreError` when it, or a folder between the estate and it, is a symbolic link, when it is no regular
    file or empty, when it belongs to another user, or when its journal is there and it is not.
    """
    refuse_links(path, root)
    try:
        found = path.lstat()
    except FileNotFoundError:
        journal = path.with_name(path.name + "-wal")
        if journal.exists():
            message = f"the store {path} is missing, but its journal {journal.name} is there"
            raise StoreError(message, hint="restore the file from a backup; it is not treated as empty") from None
        return False
    except OSError as error:
        message = f"the store {path} cannot be reached: {error.strerror}"
        raise StoreError(
            message, hint="see whether a file lies where a folder is meant, and who may read it"
        ) from error
    if not stat.S_ISREG(found.st_mode):
        message = f"the store {path} is not a regular file"
        raise StoreError(message, hint="move what lies there away, and restore the store from a backup if it had one")
    if not found.st_size:
        message = f"the store {path} is an empty file"
        raise StoreError(message, hint=RESTORE)
    if found.st_uid not in {os.geteuid(), 0} and os.geteuid() != 0:
        message = f"the store {path} belongs to another user"
        raise StoreError(message, hint="run as its owner")
    return True


def refuse_links(path: Path, root: Path) -> None:
    """Raise `StoreError` when the file, or a folder between the estate and it, is a symbolic link."""
    for place in (*(parent for parent in path.parents if root in parent.parents), path):
        if place.is_symlink():
            message = f"the store {path} lies behind a symbolic link ({place})"
            raise StoreError(message, hint="put a regular file there; links are not followed")


def prepare(path: Path, root: Path) -> Path:
    """
    Make the folder, private to its owner, and in it an empty private file under a name for the time being; that file.

    Raises `StoreError` when that cannot be done, or when the folder is on a network file system, where SQLite's
    locks mean nothing.
    """
    draft = path.with_name(f"{path.name}.new-{os.getpid()}")
    try:
        if path.parent != root:
            path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE))
    except OSError as error:
        raise _unwritable(path, error) from error
    tighten(draft, root)
    return draft


def tighten(path: Path, root: Path) -> None:
    """Make file and folder private to their owner. Raises `StoreError` as `prepare` does."""
    try:
        if path.parent != root:
            path.parent.chmod(FOLDER_MODE)
        path.chmod(FILE_MODE)
    except OSError as error:
        raise _unwritable(path, error) from error
    if found := network_of(path):
        message = f"the store {path} is on a network file system ({found}), where its lock cannot be trusted"
        raise StoreError(message, hint="put it on a local disk, or use postgresql:// for a team")


def network_of(path: Path) -> str | None:
    """The type of the network file system that a store's folder is on, or None for a disk of this machine."""
    found = filesystem_of(path.parent.resolve(), _mounts())
    return found if found in _NETWORK else None


def free_bytes(folder: Path) -> int | None:
    """How much this user can still write into the folder; None where the file system has no limit of its own."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize if found.f_blocks else None


def takes_files(folder: Path) -> bool:
    """Whether new files can be made there: not every file system counts how many it has room for."""
    found = os.statvfs(folder)
    return not found.f_files or found.f_favail > 0


def is_readonly(folder: Path) -> bool:
    """Whether the folder is on a file system that is mounted for reading only."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def unwritable(path: Path) -> list[Path]:
    """Which of the store's folder, its file and the files of its log this user may not write, though they are there."""
    beside = [path.with_name(path.name + end) for end in ("", "-wal", "-shm")]
    closed = [place for place in beside if place.exists() and not _may(place, os.W_OK)]
    return closed if _may(path.parent, os.W_OK | os.X_OK) else [path.parent, *closed]


def _may(place: Path, mode: int) -> bool:
    # The system itself is asked: it also knows of files that no user may change.
    return os.access(place, mode, effective_ids=os.access in os.supports_effective_ids)


def publish(draft: Path, path: Path) -> None:
    """Give a finished file its name, unless another process was first; either way there is a whole store."""
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _unwritable(path: Path, error: OSError) -> StoreError:
    message = f"the store {path} cannot be written: {error.strerror}"
    hint = "check the folder's owner, its permissions and the space on the disk, and that it is not mounted read-only"
    return StoreError(message, hint=hint)


def _mounts() -> str:
    try:
        return _MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def filesystem_of(folder: Path, mounts: str) -> str | None:
    """The type of the file system that holds `folder`, given the text of the mount table; None if it is not said."""
    best, found = -1, None
    for line in mounts.splitlines():
        _, point, kind, *_ = (*line.split(" "), "", "", "")
        point = point.replace("\\040", " ")
        depth = len(Path(point).parts)
        if point and (Path(point) == folder or Path(point) in folder.parents) and depth >= best:
            best, found = depth, kind
    return found
