"""The names of the platform's lists and their words as last seen; quick, for the completion of a shell."""

from pathlib import Path

from reconciler.manifests.seen_lists import FILE_NAME, recall
from reconciler.model.catalogue import LISTS


def names() -> tuple[str, ...]:
    """The lists."""
    return tuple(LISTS)


def seen_words(name: str, root: Path | None = None) -> tuple[str, ...]:
    """The words of a list: as last seen in the folder of the usual store, else the published ones."""
    seen = recall((root or Path()) / ".reconciler" / FILE_NAME)
    found = seen.lists.get(name) if seen is not None else None
    if found is not None and found.words:
        return tuple(row.word for row in found.words)
    return LISTS[name].published if name in LISTS else ()
