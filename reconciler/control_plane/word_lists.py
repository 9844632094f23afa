"""
Reading the platform's own lists. Nothing depends on them: a list that cannot be read whole checks nothing.

Their paths and rows are not publicly documented, so any row that names a word is taken.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from reconciler.control_plane.errors import ControlPlaneError, IncompleteRead, Stopped
from reconciler.control_plane.listing import PAGE_SIZE
from reconciler.model.catalogue import LISTS, ListedWord, WordList

if TYPE_CHECKING:
    from reconciler.control_plane.exchange import Exchange
    from reconciler.control_plane.paths import WirePaths

_MOST_WORDS = 100_000
_LONGEST_WORD = 200
_NAMES = ("name", "description", "title")
_COUNTRIES = ("iso3", "countryiso3", "country")


def read_list(exchange: "Exchange", paths: "WirePaths", name: str) -> WordList:
    """One list of the account; one that is absent or cannot be read says why. Raises `Stopped`."""
    path = paths.word_list(name)
    if path is None:
        return WordList(name, missing="the wire table says that there is none")
    try:
        rows = _rows(exchange, path)
        if rows is None:
            return WordList(name, missing=f"the account does not offer it (GET {path}: not found)")
        words = tuple(_words(rows, LISTS[name].key))
    except Stopped:
        raise
    except ControlPlaneError as error:
        return WordList(name, missing=f"it could not be read: {error}")
    if not words:
        return WordList(name, missing=f"the account answers an empty list (GET {path})")
    if len({word.word.lower() for word in words}) < len(rows):
        return WordList(name, missing=f"its rows name no word each (GET {path})")
    return WordList(name, words)


def _rows(exchange: "Exchange", path: str) -> list[Any] | None:
    """Every row, or None where there is no such list. Raises `IncompleteRead` for a list that contradicts itself."""
    found: list[Any] = []
    while True:
        answer = exchange.get(f"{path}?limit={PAGE_SIZE}&offset={len(found)}")
        if answer.is_absent:
            return None
        if not isinstance(answer.data, list):
            message = f"GET {path} answered something that is not a list"
            raise IncompleteRead(message)
        page = answer.data
        if found and page and page[0] == found[0]:
            # A platform that knows no pages answers the same again.
            page = []
        found += page
        total = answer.total
        if len(found) > _MOST_WORDS:
            message = f"GET {path} does not end"
            raise IncompleteRead(message)
        if total is not None and (len(found) >= total or not page):
            if len(found) != total:
                message = f"GET {path}: {len(found)} rows came, {total} were announced"
                raise IncompleteRead(message)
            return found
        if not page or (total is None and len(page) < PAGE_SIZE):
            return found


def _words(rows: list[Any], key: str) -> Iterator[ListedWord]:
    for row in rows:
        if isinstance(row, str | int) and not isinstance(row, bool):
            yield ListedWord(str(row)[:_LONGEST_WORD])
            continue
        if not isinstance(row, Mapping):
            continue
        members = {str(name).lower(): value for name, value in row.items()}
        word = next((members[name] for name in (key, "moniker", "id", "key") if members.get(name) is not None), None)
        if isinstance(word, str | int) and not isinstance(word, bool) and str(word).strip():
            yield ListedWord(str(word)[:_LONGEST_WORD], _text(members, _NAMES), _text(members, _COUNTRIES))


def _text(members: Mapping[str, Any], names: tuple[str, ...]) -> str:
    found = next((members[name] for name in names if isinstance(members.get(name), str)), "")
    return str(found)[:_LONGEST_WORD]
