"""The names of lists, kinds and fields, and words as last seen; offline and quick, for the completion of a shell."""

from pathlib import Path

from reconciler.manifests.seen_lists import FILE_NAME, recall
from reconciler.model.catalogue import LISTS, NOTHING_SEEN, Catalogue


def names() -> tuple[str, ...]:
    """The lists."""
    return tuple(LISTS)


def seen_in(root: Path | None) -> Catalogue:
    """The catalogue that was last seen in the folder of the usual store of an estate; an empty one without any."""
    return recall((root or Path()) / ".reconciler" / FILE_NAME) or NOTHING_SEEN


def seen_words(name: str, root: Path | None = None) -> tuple[str, ...]:
    """The words of a list: as last seen in the folder of the usual store, else the published ones."""
    found = seen_in(root).lists.get(name)
    if found is not None and found.words:
        return tuple(row.word for row in found.words)
    return LISTS[name].published if name in LISTS else ()


def kinds_of_manifests() -> tuple[str, ...]:
    """The kinds."""
    from reconciler.kinds import kinds

    return tuple(kinds())


def fields_of(name: str) -> tuple[str, ...]:
    """The places of a kind as `explain` takes them: ``Kind.field.inner``."""
    from reconciler.kinds import kinds

    kind = next((kind for kind in kinds().values() if kind.name.lower() == name.lower()), None)
    return () if kind is None else tuple(f"{kind.name}.{path.replace('[]', '')}" for path in kind.places)
