"""
Results of earlier runs about the manifests of an estate, by the hash of their text.

Parsing and validating is most of what a plan without changes does, and nearly all documents are what they were in the
last run. One file for each estate holds two things: the resource of each document, and the configuration and order of
an estate that was found sound as a whole, which then need not be looked at again. It may be deleted at any time, and
whatever is odd about it, it is as if it were empty: a wrong cache must never be a wrong plan.

The hashes cover the whole text and the code that read it; `cache_file` keeps the file honest. Documents with a
problem are not remembered, so that each run reports them.
"""

import contextlib
import importlib.util
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from reconciler import __version__
from reconciler.manifests.cache_file import read_cache, write_cache
from reconciler.manifests.declarations import Built, Configuration, Loaded
from reconciler.manifests.files import (
    CONFIGURATION_FILE,
    LARGEST_CONFIGURATION_BYTES,
    SourceFile,
)
from reconciler.manifests.files import manifest_files as find_files
from reconciler.manifests.manifest_text import Piece, Quoted, readable
from reconciler.manifests.opened_files import FileRefused, read_below
from reconciler.manifests.reserved_files import HIDDEN_ONLY, ReservedFiles
from reconciler.model.address import Address
from reconciler.model.resource import PLAIN_LIFECYCLE, Lifecycle, Resource, Resources
from reconciler.positions import Marks, Origins

if TYPE_CHECKING:
    from reconciler.manifests.yaml_events import MarkedText

_MAGIC: Final = b"reconciler estate 3\n"
_DIGEST_BYTES: Final = 16
_CODE: Final = ("manifests", "model", "kinds", "validation", "ordering")


class _Document(msgspec.Struct, array_like=True, gc=False):
    kind: str
    name: str
    labels: dict[str, str]
    lifecycle: tuple[str | None, bool, bool, str | None, str | None, tuple[str, ...]] | None
    spec: dict[str, Any]

    def resource(self) -> Resource:
        lifecycle = Lifecycle(*self.lifecycle) if self.lifecycle else PLAIN_LIFECYCLE
        return Resource(Address(self.kind, self.name), self.spec, self.labels, lifecycle)


class _Sound(msgspec.Struct, array_like=True):
    """An estate that was found sound: its settings and files, and for each resource its file and piece."""

    settings: bytes
    configuration: dict[str, Any]
    files: bytes
    places: msgspec.Raw
    outward: list[Address]


_Place = tuple[int, int, int, int]
_DOCUMENTS: Final = msgspec.msgpack.Decoder(list[tuple[bytes, _Document]])
_RAW: Final = msgspec.msgpack.Decoder(list[tuple[bytes, msgspec.Raw]])
_ONE: Final = msgspec.msgpack.Decoder(_Document)
_PLACES: Final = msgspec.msgpack.Decoder(list[_Place])


class EstateCache:
    """
    The cache in one file.

    An entry that was neither read nor written since the cache was opened is not saved again, so that a cache is never
    larger than the estate it was last used for.
    """

    __slots__ = ("_body", "_changed", "_hash", "_known", "_outcome", "_path", "_sound", "_used")

    def __init__(self, path: Path, body: msgspec.Raw | None, sound: _Sound | None) -> None:
        self._path = path
        self._body = body
        self._sound = sound
        self._outcome: _Sound | None = None
        self._known: dict[bytes, msgspec.Raw] | None = None
        self._used: dict[bytes, bytes | msgspec.Raw] = {}
        self._changed = False
        self._hash = blake2b(_fingerprint(), digest_size=_DIGEST_BYTES)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The cache in a file; empty if there is none, or if it is not one that was written there."""
        content = read_cache(path, _MAGIC)
        try:
            if content is not None:
                sound, documents = msgspec.msgpack.decode(content, type=tuple[_Sound | None, msgspec.Raw])
                return cls(path, documents, sound)
        except (msgspec.DecodeError, ValueError):
            pass
        return cls(path, None, None)

    def key(self, text: bytes) -> bytes:
        """The hash under which the document with this text is remembered."""
        state = self._hash.copy()
        state.update(text)
        return state.digest()

    def get(self, key: bytes) -> Resource | None:
        """The resource of the document with this key, made anew; None if it is not known."""
        if self._known is None:
            self._known = self._opened()
        raw = self._known.get(key)
        if raw is None:
            return None
        try:
            resource = _ONE.decode(raw).resource()
        except (msgspec.DecodeError, ValueError, RecursionError):
            del self._known[key]
            return None
        self._used[key] = raw
        return resource

    def put(self, key: bytes, resource: Resource) -> None:
        """Remember the resource of a document that had no problem."""
        life = resource.lifecycle
        plain = (
            None
            if life == PLAIN_LIFECYCLE
            else (life.renamed_from, life.protect, life.retain, life.slot, life.origin, life.unmanaged)
        )
        row = (*resource.address, dict(resource.labels), plain, resource.spec)
        self._used[key] = msgspec.msgpack.encode(row, enc_hook=_plain)
        self._changed = True

    def recall(
        self, root: Path, *, paths: Sequence[str], max_files: int, reserved: ReservedFiles = HIDDEN_ONLY
    ) -> Loaded | None:
        """The estate at `root`, if it is the very one that was last found sound; None otherwise."""
        sound = self._sound
        if sound is None or self._body is None:
            return None
        try:
            content = settings(root)
            if sound.settings != self.key(_identity(root, content)):
                return None
            configuration = msgspec.convert(sound.configuration, Configuration)
            refusals: list[object] = []
            judge = reserved.in_estate(configuration)
            judge = judge.named_by_the_caller() if paths else judge
            chosen = paths or configuration.manifests
            files = find_files(root, chosen, refusals.append, max_files=max_files, reserved=judge)
            digest = digest_of(files)
            if refusals or sound.files != self.key(digest.encode()):
                return None
            documents, places = _DOCUMENTS.decode(self._body), _PLACES.decode(sound.places)
        except (FileRefused, msgspec.DecodeError, ValueError, RecursionError):
            return None
        estate = Resources(document.resource() for _, document in documents)
        built = Built(estate, _Remembered([(d.kind, d.name) for _, d in documents], places, files))
        sources = {file.file: file.content for file in files} | {CONFIGURATION_FILE: content}
        return Loaded(configuration, built, sources, digest, content, tuple(sound.outward))

    def remember(self, root: Path, loaded: Loaded) -> None:
        """Remember that this estate was validated without any finding."""
        from reconciler.manifests.yaml_events import DocumentMarks

        numbers = {file: number for number, file in enumerate(loaded.sources)}
        places: list[_Place] = []
        used: dict[bytes, bytes | msgspec.Raw] = {}
        for address in loaded.built.estate:
            marks, key = loaded.built.origins[str(address)], loaded.built.keys.get(address)
            if key is None or not isinstance(marks, DocumentMarks):
                return
            places.append((numbers[marks.file], *marks.piece))
            used[key] = self._used[key]
        self._used = used
        self._outcome = _Sound(
            self.key(_identity(root, loaded.settings)),
            msgspec.to_builtins(loaded.configuration),
            self.key(loaded.digest.encode()),
            msgspec.Raw(msgspec.msgpack.encode(places)),
            list(loaded.outward),
        )
        self._changed = True

    def save(self) -> None:
        """
        Write what was used, replacing the file at once; does nothing if the file says so already.

        A cache that cannot be written, on a read-only disk for instance, is no error.
        """
        if not self._changed and (self._known is None or len(self._used) == len(self._known)):
            return
        documents = [(key, msgspec.Raw(raw)) for key, raw in self._used.items()]
        with contextlib.suppress(OSError):
            write_cache(self._path, _MAGIC, msgspec.msgpack.encode((self._outcome, documents)))
            self._changed = False

    def _opened(self) -> dict[bytes, msgspec.Raw]:
        try:
            return dict(_RAW.decode(self._body)) if self._body is not None else {}
        except (msgspec.DecodeError, ValueError):
            return {}


class _Remembered(Origins):
    """Origins of a remembered estate: marks are made when somebody asks for a place."""

    __slots__ = ("_addresses", "_files", "_places", "_texts")

    def __init__(
        self, addresses: Sequence[tuple[str, str]], places: Sequence[_Place], files: Sequence[SourceFile]
    ) -> None:
        super().__init__()
        self._addresses: dict[str, int] | Sequence[tuple[str, str]] = addresses
        self._places = places
        self._files = files
        self._texts: dict[int, MarkedText] = {}

    def __missing__(self, address: str) -> Marks:
        # Imported here: most runs ask for no place, and then need no parser.
        from reconciler.manifests.yaml_events import DocumentMarks, MarkedText

        if not isinstance(self._addresses, dict):
            self._addresses = {f"{kind}/{name}": place for place, (kind, name) in enumerate(self._addresses)}
        number, *piece = self._places[self._addresses[address]]
        if number not in self._texts:
            file = self._files[number]
            self._texts[number] = MarkedText(file.file, readable(file.file, file.content, lambda _: None) or b"")
        self[address] = marks = DocumentMarks(self._texts[number], Piece(*piece))
        return marks


def settings(root: Path) -> bytes:
    """The bytes of ``reconciler.yaml``, empty without one. Raises `FileRefused`."""
    path = root / CONFIGURATION_FILE
    if not path.exists() and not path.is_symlink():
        return b""
    return read_below(root, CONFIGURATION_FILE, LARGEST_CONFIGURATION_BYTES)


def digest_of(files: Sequence[SourceFile]) -> str:
    """The digest of the names and bytes of all files."""
    whole = sha256()
    for file in files:
        whole.update(f"{file.file}\0{len(file.content)}\0".encode())
        whole.update(file.content)
    return f"sha256:{whole.hexdigest()}"


def _identity(root: Path, content: bytes) -> bytes:
    """The settings and their defaults: the folder's name is the estate's where no file gives one."""
    return b"settings\0" + root.resolve().name.encode("utf-8", "surrogateescape") + b"\0" + content


def _plain(value: object) -> str:
    if not isinstance(value, Quoted):
        message = f"documents hold no {type(value).__name__}"
        raise TypeError(message)
    return str(value)


@cache
def _fingerprint() -> bytes:
    """The code that reads and validates: names, sizes and times of its files, and of the library's."""
    package = Path(__file__).parents[1]
    files = [file for folder in _CODE for file in sorted((package / folder).glob("*.py"))]
    library = importlib.util.find_spec("pydantic")
    files.extend(Path(place) for place in [library.origin if library else None] if place)
    seen = [(file.name, status.st_size, status.st_mtime_ns) for file in files for status in [file.stat()]]
    return blake2b(repr((__version__, seen)).encode(), digest_size=_DIGEST_BYTES).digest()
