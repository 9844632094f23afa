"""Files of an estate → the declared estate: each stage in order, all problems in one run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from reconciler.diagnostics import Diagnostic
from reconciler.environment import uncollected
from reconciler.manifests.builder import Built, build
from reconciler.manifests.configuration import Configuration, load_configuration
from reconciler.manifests.document_cache import DocumentCache
from reconciler.manifests.files import SourceFile, manifest_files
from reconciler.manifests.yaml_source import Document, read_documents


@dataclass(frozen=True, slots=True)
class Loaded:
    """A declared estate with its configuration, its sources for excerpts, and the digest of all manifest bytes."""

    configuration: Configuration
    built: Built
    sources: Mapping[str, bytes]
    digest: str


def load(
    root: Path,
    *,
    paths: Sequence[str] = (),
    max_files: int = 2000,
    cache: DocumentCache | None = None,
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
        for file in files:
            documents.extend(read_documents(file.file, file.content, found.append, cache=cache))
        built = build(documents)
        if cache is not None:
            cache.save()
    built.diagnostics[:0] = found
    sources = {file.file: file.content for file in files} | {"reconciler.yaml": settings}
    return Loaded(configuration, built, sources, _digest(files))


def _digest(files: Sequence[SourceFile]) -> str:
    whole = sha256()
    for file in files:
        whole.update(f"{file.file}\0{len(file.content)}\0".encode())
        whole.update(file.content)
    return f"sha256:{whole.hexdigest()}"
