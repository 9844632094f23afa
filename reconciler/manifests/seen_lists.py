"""
The last seen catalogue: a file beside the store, each list with its date.

It makes `validate`, `explain`, the schemas and completion richer, and decides nothing: one that is missing, damaged or
not ours is as good as none.
"""

import contextlib
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

from reconciler.model.catalogue import LISTS, Catalogue, ListedWord, WordList

FILE_NAME = "catalogue.json"
_LARGEST_FILE = 32 * 1024 * 1024
_FORMAT = "1.0"


def recall(path: Path) -> Catalogue | None:
    """The catalogue in a file, or None. Never raises for what is in it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST_FILE:
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return _catalogue(json.loads(file.read()))
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None
    finally:
        os.close(descriptor)


def remember(path: Path, catalogue: Catalogue, *, makes_folder: bool) -> bool:
    """
    Put the lists into the file: those of the same platform that were not read stay. Whether it was written.

    Where it cannot be written, nothing is lost that cannot be read again. `makes_folder`: also where none is yet.
    """
    before = recall(path)
    lists = {**before.lists, **catalogue.lists} if before and before.origin == catalogue.origin else catalogue.lists
    body = json.dumps(_document(Catalogue(catalogue.origin, lists)), indent=1, sort_keys=True, ensure_ascii=False)
    with contextlib.suppress(OSError):
        if makes_folder:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(body.encode("utf-8"))
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        return True
    return False


def _document(catalogue: Catalogue) -> dict[str, Any]:
    return {
        "formatVersion": _FORMAT,
        "origin": catalogue.origin,
        "lists": {
            name: {
                "readAt": found.read_at,
                "missing": found.missing,
                "words": [[row.word, row.title, row.country] for row in found.words],
            }
            for name, found in catalogue.lists.items()
        },
    }


def _catalogue(document: Any) -> Catalogue | None:
    if document["formatVersion"] != _FORMAT:
        return None
    lists = {}
    for name, found in document["lists"].items():
        if name not in LISTS:
            continue
        words = tuple(ListedWord(*(_printable(text) for text in row)) for row in found["words"])
        missing = found["missing"]
        lists[name] = WordList(
            name, words, None if missing is None else _printable(missing), _printable(found["readAt"])
        )
    return Catalogue(_printable(document["origin"]), lists)


def _printable(text: Any) -> str:
    """A text of the file, which may have come with a checkout."""
    if not isinstance(text, str):
        raise TypeError
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
