"""
Documents that were parsed before, by the hash of their text.

Parsing is most of what a plan without changes does, and nearly all documents are what they were in the last run. One
file for each estate holds their data. It may be deleted at any time, and whatever is odd about it, it is as if it were
empty: a wrong cache must never be a wrong plan.

Three things keep a cache honest. The hash covers the whole text of a document and the version of the reader. The file
carries a checksum. And it names its own inode and device, which a file that came with a checkout or an archive cannot
know: nobody can send data along that differ from the text they claim to be.
"""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Final, Self

import msgspec

from reconciler.manifests.yaml_text import Quoted

READER_VERSION = b"1"
"""Part of each hash: it changes whenever the same text is read as other data."""

MAX_CACHE_BYTES = 256 * 1024 * 1024

_MAGIC = b"reconciler documents 1\n"
_DIGEST_BYTES = 16
_QUOTED = 1


class Missing:
    """What `DocumentCache.get` answers for a text that it does not know; data can be None."""

    __slots__ = ()


MISS: Final = Missing()


def _encode_quoted(value: object) -> msgspec.msgpack.Ext:
    if not isinstance(value, Quoted):
        message = f"documents hold no {type(value).__name__}"
        raise TypeError(message)
    return msgspec.msgpack.Ext(_QUOTED, value.encode())


def _decode_quoted(code: int, data: memoryview) -> Quoted:
    if code != _QUOTED:
        message = f"unknown extension {code}"
        raise ValueError(message)
    return Quoted(bytes(data), "utf-8")


class DocumentCache:
    """
    A map from the text of documents to their data.

    What was neither asked for nor put since it was opened is not saved again, so that a cache is never larger than the
    estate it was last used for.
    """

    __slots__ = ("_changed", "_decoder", "_encoder", "_hash", "_known", "_path", "_used")

    def __init__(self, path: Path, known: dict[bytes, msgspec.Raw]) -> None:
        self._path = path
        self._known = known
        self._used: dict[bytes, bytes | msgspec.Raw] = {}
        self._changed = False
        self._hash = blake2b(READER_VERSION, digest_size=_DIGEST_BYTES)
        self._encoder = msgspec.msgpack.Encoder(enc_hook=_encode_quoted)
        self._decoder: msgspec.msgpack.Decoder[object] = msgspec.msgpack.Decoder(ext_hook=_decode_quoted)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The cache in a file; empty if there is none, or if it is not one that was written there."""
        return cls(path, _read(path))

    def get(self, text: bytes) -> object:
        """The data of a document with this text, made anew; `MISS` if it is not known."""
        key = self._key(text)
        raw = self._known.get(key)
        if raw is None:
            return MISS
        try:
            data = self._decoder.decode(raw)
        except (msgspec.DecodeError, ValueError, RecursionError):
            del self._known[key]
            return MISS
        self._used[key] = raw
        return data

    def put(self, text: bytes, data: object) -> None:
        """Remember the data of a document: `dict`, `list`, `str`, `Quoted` and None."""
        self._used[self._key(text)] = self._encoder.encode(data)
        self._changed = True

    def save(self) -> None:
        """
        Write what was used, replacing the file at once; does nothing if the file says so already.

        A cache that cannot be written, on a read-only disk for instance, is no error.
        """
        if not self._changed and len(self._used) == len(self._known):
            return
        with contextlib.suppress(OSError):
            _write(self._path, self._used)
            self._changed = False

    def _key(self, text: bytes) -> bytes:
        state = self._hash.copy()
        state.update(text)
        return state.digest()


def _seal(descriptor: int) -> bytes:
    """What ties a file to where it is: device and inode, which do not change when it is renamed."""
    status = os.fstat(descriptor)
    return b"%d %d\n" % (status.st_dev, status.st_ino)


def _read(path: Path) -> dict[bytes, msgspec.Raw]:
    try:
        # Without O_NONBLOCK, opening a pipe that somebody put here would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return {}
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_CACHE_BYTES:
            return {}
        head = _MAGIC + _seal(descriptor)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            if file.read(len(head)) != head:
                return {}
            digest, body = file.read(_DIGEST_BYTES), file.read(MAX_CACHE_BYTES)
    except OSError:
        return {}
    finally:
        os.close(descriptor)
    if blake2b(head + body, digest_size=_DIGEST_BYTES).digest() != digest:
        return {}
    try:
        return msgspec.msgpack.decode(body, type=dict[bytes, msgspec.Raw])
    except (msgspec.DecodeError, ValueError):
        return {}


def _write(path: Path, entries: dict[bytes, bytes | msgspec.Raw]) -> None:
    body = msgspec.msgpack.encode({key: msgspec.Raw(raw) for key, raw in entries.items()})
    if len(body) > MAX_CACHE_BYTES - len(_MAGIC) - 2 * _DIGEST_BYTES - 64:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _replacing(path) as descriptor:
        head = _MAGIC + _seal(descriptor)
        digest = blake2b(head + body, digest_size=_DIGEST_BYTES).digest()
        remaining = memoryview(head + digest + body)
        while remaining:
            remaining = remaining[os.write(descriptor, remaining) :]


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
