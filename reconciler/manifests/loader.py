"""Files of an estate → the declared estate: each stage in order, all problems in one run."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.diagnostics import NOTHING_DECLARED, Diagnostic, Report, Severity
from reconciler.environment import uncollected
from reconciler.manifests.builder import addresses_in, build
from reconciler.manifests.configuration import load_configuration
from reconciler.manifests.declarations import MAX_FILES, Loaded, references_of
from reconciler.manifests.estate_cache import EstateCache, digest_of
from reconciler.manifests.files import SourceFile, manifest_files
from reconciler.manifests.reserved_files import HIDDEN_ONLY, ReservedFiles
from reconciler.manifests.yaml_reader import Document, is_of_templates, is_scenario, read_documents
from reconciler.model.address import Address
from reconciler.model.references import is_existing
from reconciler.model.resource import Resources
from reconciler.positions import Span

if TYPE_CHECKING:
    from reconciler.manifests.templates.expansion import Expansion


def load(
    root: Path,
    *,
    paths: Sequence[str] = (),
    max_files: int = MAX_FILES,
    cache: EstateCache | None = None,
    standard_input: bytes | None = None,
    reserved: ReservedFiles = HIDDEN_ONLY,
    keeps_documents: bool = False,
) -> Loaded:
    """
    The estate at `root`: its configuration and its manifests (`paths` instead of those that it names).

    Never raises for what a user wrote: findings are in ``built.diagnostics``. The documents of objects are in
    the result only where they are asked for.
    """
    found: list[Diagnostic] = []
    with uncollected():
        configuration, settings = load_configuration(root, found.append)
        chosen = paths or configuration.manifests
        if standard_input is not None:
            files = [SourceFile("<stdin>", standard_input)]
        else:
            judge = reserved.in_estate(configuration)
            judge = judge.named_by_the_caller() if paths else judge
            files = manifest_files(root, chosen, found.append, max_files=max_files, reserved=judge)
        documents: list[Document] = []
        unread: list[bytes] = []
        for file in files:
            documents.extend(read_documents(file.file, file.content, found.append, cache=cache, unread=unread.append))
        expansion = _expanded(documents, found.append, configuration.environment)
        scenarios = _scenarios(documents, found.append)
        written = [one for one in documents if not (is_of_templates(one) or is_scenario(one))]
        documents_of_objects = [*written, *expansion.documents] if expansion else written
        built = build(documents_of_objects, cache)
    built.diagnostics[:0] = found
    for text in unread:
        built.unsound |= addresses_in(text)
    if paths:
        declaring = {document.file for document in documents}
        built.diagnostics.extend(_without_manifests(paths, declaring, built.diagnostics))
    sources = {file.file: file.content for file in files} | {"reconciler.yaml": settings}
    digest, outward = digest_of(files), _outward(built.estate)
    return Loaded(
        configuration,
        built,
        sources,
        digest,
        settings,
        outward,
        is_partial=bool(paths),
        expansion=expansion,
        scenarios=scenarios,
        is_complete=expansion is None or expansion.is_complete,
        documents=tuple(documents_of_objects) if keeps_documents else (),
    )


def _expanded(documents: Sequence[Document], report: Report, environment: str | None) -> "Expansion | None":
    """The templates and divisions among the documents; None where there are none."""
    if not any(is_of_templates(document) for document in documents):
        return None
    # Imported here: an estate without templates needs neither them nor their library.
    from reconciler.manifests.templates.expansion import expand

    return expand(documents, report, environment)


def _scenarios(documents: Sequence[Document], report: Report) -> tuple[object, ...]:
    """The scenarios among the documents."""
    if not any(is_scenario(document) for document in documents):
        return ()
    from reconciler.manifests.templates.scenario import read_scenarios

    return read_scenarios(documents, report)


def _without_manifests(
    paths: Sequence[str], declaring: Collection[str], found: Sequence[Diagnostic]
) -> list[Diagnostic]:
    """An error for each named path that declares nothing, unless something is known to be wrong anyway."""
    if any(one.severity is Severity.ERROR for one in found):
        return []
    empty = []
    for path in paths:
        shown = "<stdin>" if path == "-" else "/".join(part for part in path.split("/") if part not in {"", "."})
        if not shown or any(file == shown or file.startswith(f"{shown}/") for file in declaring):
            continue
        what = "Standard input" if path == "-" else shown
        hint = "See whether the program that writes it failed, and whether the path is the right one."
        empty.append(Diagnostic(NOTHING_DECLARED, f"{what} holds no manifest.", hint, span=Span(shown, 1, 1, 1, 1)))
    return empty


def _outward(estate: Resources) -> tuple[Address, ...]:
    return tuple(
        address
        for address, resource in estate.items()
        if any(is_existing(name) for _, _, name in references_of(resource))
    )
