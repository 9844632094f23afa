"""The name that was perhaps meant by another one."""

from collections.abc import Iterable
from functools import lru_cache

# Names are at most 30 characters; anything much longer is no misspelling of one.
_LONGEST_WORD = 64


def nearest(word: str, known: Iterable[str]) -> str | None:
    """
    The name that was most likely meant, for "did you mean": the nearest by edit distance, never just a near one.

    The distance is that of Damerau and Levenshtein (insert, delete, replace, swap two neighbours). A name counts as
    near when at most a third of the word's characters, and at least one, would have to change; of several that are
    equally near, the alphabetically first. Only if none is near, upper and lower case are taken as the same. A word
    of more than 64 characters has no nearest name.
    """
    if not word or len(word) > _LONGEST_WORD:
        return None
    return _nearest(word, frozenset(known))


def nearest_few(word: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """The names that are most like a word, also a part or a longer form of one; the most alike first, perhaps none."""
    from rapidfuzz.fuzz import WRatio
    from rapidfuzz.process import extract

    names = sorted(set(known))
    if not word or len(word) > _LONGEST_WORD:
        return []
    found = extract(word.casefold(), [name.casefold() for name in names], scorer=WRatio, score_cutoff=75, limit=most)
    return [names[place] for _, _, place in found]


# One name that is gone is often missed by thousands of references.
@lru_cache(maxsize=1024)
def _nearest(word: str, known: frozenset[str]) -> str | None:
    names = sorted(name for name in known if 0 < len(name) <= _LONGEST_WORD)
    place = _nearest_of(word, names)
    if place is None:
        place = _nearest_of(word.casefold(), [name.casefold() for name in names])
    return None if place is None else names[place]


def _nearest_of(word: str, forms: list[str]) -> int | None:
    """The place of the form that is nearest to a word; the first of several."""
    # Imported here: most runs have no misspelt name.
    from rapidfuzz.distance import DamerauLevenshtein
    from rapidfuzz.process import extractOne

    limit = max(1, len(word) // 3)
    found = extractOne(word, forms, scorer=DamerauLevenshtein.distance, score_cutoff=limit)
    return None if found is None else int(found[2])
