"""
Files of a cache: what was worked out before, and is worked out again when anything about the file is odd.

Two things keep such a file honest, besides the hashes in it. It carries a checksum. And it names its own inode and
device, which a file that came with a checkout or an archive cannot know: nobody can send data along that differ from
the text they claim to be made from.
"""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

MAX_CACHE_BYTES = 256 * 1024 * 1024

_DIGEST_BYTES = 16


def read_cache(path: Path, magic: bytes) -> bytes | None:
    """The body of a file that `write_cache` wrote at this very place; None for anything else. Never raises."""
    try:
        # Without O_NONBLOCK, opening a pipe that somebody put here would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_CACHE_BYTES:
            return None
        head = magic + _seal(descriptor)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            if file.read(len(head)) != head:
                return None
            digest, body = file.read(_DIGEST_BYTES), file.read(MAX_CACHE_BYTES)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return body if _digest(head, body) == digest else None


def write_cache(path: Path, magic: bytes, body: bytes) -> None:
    """Replace the file at once; does nothing for a body that is too large. Raises `OSError`."""
    if len(body) > MAX_CACHE_BYTES - len(magic) - _DIGEST_BYTES - 64:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _replacing(path) as descriptor:
        head = magic + _seal(descriptor)
        remaining = memoryview(head + _digest(head, body) + body)
        while remaining:
            remaining = remaining[os.write(descriptor, remaining) :]


def _digest(head: bytes, body: bytes) -> bytes:
    whole = blake2b(head, digest_size=_DIGEST_BYTES)
    whole.update(body)
    return whole.digest()


def _seal(descriptor: int) -> bytes:
    """The text that ties a file to its place: device and inode, which do not change when it is renamed."""
    status = os.fstat(descriptor)
    return b"%d %d\n" % (status.st_dev, status.st_ino)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[int]:
    """A new file beside `path` that takes its place when all is written, and is removed otherwise."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        try:
            yield descriptor
        finally:
            os.close(descriptor)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
