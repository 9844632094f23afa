"""Files of an estate → the declared estate: each stage in order, all problems in one run."""

from collections.abc import Sequence
from pathlib import Path

from reconciler.diagnostics import Diagnostic
from reconciler.environment import uncollected
from reconciler.kinds import kind_named
from reconciler.manifests.builder import build
from reconciler.manifests.configuration import load_configuration
from reconciler.manifests.envelope import meant_by
from reconciler.manifests.estate_cache import EstateCache, digest_of
from reconciler.manifests.files import SourceFile, manifest_files
from reconciler.manifests.loaded import Loaded
from reconciler.manifests.yaml_source import Document, read_documents
from reconciler.model.address import Address
from reconciler.model.kind import is_existing
from reconciler.model.resource import Estate


def load(
    root: Path,
    *,
    paths: Sequence[str] = (),
    max_files: int = 2000,
    cache: EstateCache | None = None,
    standard_input: bytes | None = None,
) -> Loaded:
    """
    The estate at `root`: its configuration and its manifests (`paths` instead of those that it names).

    Never raises for what a user wrote: findings are in ``built.diagnostics``.
    """
    found: list[Diagnostic] = []
    with uncollected():
        configuration, settings = load_configuration(root, found.append)
        chosen = paths or configuration.manifests
        files = [] if standard_input is not None else manifest_files(root, chosen, found.append, max_files=max_files)
        if standard_input is not None:
            files = [SourceFile("<stdin>", standard_input)]
        documents: list[Document] = []
        unread: list[bytes] = []
        for file in files:
            documents.extend(read_documents(file.file, file.content, found.append, cache=cache, unread=unread.append))
        built = build(documents, cache)
    built.diagnostics[:0] = found
    for text in unread:
        built.unsound |= meant_by(text)
    sources = {file.file: file.content for file in files} | {"reconciler.yaml": settings}
    return Loaded(configuration, built, sources, digest_of(files), settings, _outward(built.estate))


def _outward(estate: Estate) -> tuple[Address, ...]:
    return tuple(
        address
        for address, resource in estate.items()
        if any(is_existing(name) for _, _, name in kind_named(address.kind).refers(resource.spec))
    )
