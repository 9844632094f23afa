"""The name that was perhaps meant by another one."""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from heapq import nsmallest

# Names are at most 30 characters; anything much longer is no misspelling of one.
_LONGEST_WORD = 64
# Of very many names, only those with the most letters in common are compared letter by letter.
_MOST_COMPARED = 100


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


# One name that is gone is often missed by thousands of references.
@lru_cache(maxsize=1024)
def _nearest(word: str, known: frozenset[str]) -> str | None:
    names = sorted(name for name in known if 0 < len(name) <= _LONGEST_WORD)
    found = _nearest_of(word, ((name, name) for name in names))
    folded = [(name.casefold(), name) for name in names]
    if found or (word == word.casefold() and all(form == name for form, name in folded)):
        return found
    return _nearest_of(word.casefold(), folded)


def _nearest_of(word: str, names: Iterable[tuple[str, str]]) -> str | None:
    """Of pairs (form to compare, name), the name whose form is nearest; of several, the alphabetically first."""
    letters = Counter(word)
    limit = max(1, len(word) // 3)
    likely = []
    for form, name in names:
        # What one has and the other has not is a lower bound of the distance that costs little: most names end here.
        longer = len(form) - len(word)
        if abs(longer) > limit:
            continue
        missing = sum(max(0, count - form.count(letter)) for letter, count in letters.items())
        if (least := max(missing, missing + longer)) <= limit:
            likely.append((least, name, form))
    best: tuple[int, str] | None = None
    for least, name, form in nsmallest(_MOST_COMPARED, likely):
        if best is not None and least > best[0]:
            break
        distance = _distance(word, form, limit)
        if distance <= limit and (best is None or (distance, name) < best):
            best = (distance, name)
            limit = distance
    return best[1] if best else None


def _distance(first: str, second: str, limit: int) -> int:
    """The Damerau-Levenshtein distance, or any number above `limit` if it is greater than that."""
    start = 0
    shorter = min(len(first), len(second))
    while start < shorter and first[start] == second[start]:
        start += 1
    end = 0
    while end < shorter - start and first[-1 - end] == second[-1 - end]:
        end += 1
    first, second = first[start : len(first) - end], second[start : len(second) - end]
    height, width = len(first), len(second)
    # rows[i][j] is the distance of the first i characters from the first j.
    rows = [list(range(width + 1))]
    last_row: dict[str, int] = {}
    for i in range(1, height + 1):
        row = [i]
        above = rows[i - 1]
        last_column = 0
        for j in range(1, width + 1):
            same = first[i - 1] == second[j - 1]
            cost = min(above[j - 1] + (not same), above[j] + 1, row[j - 1] + 1)
            k = last_row.get(second[j - 1], 0)
            if k and last_column:
                cost = min(cost, rows[k - 1][last_column - 1] + (i - k - 1) + 1 + (j - last_column - 1))
            if same:
                last_column = j
            row.append(cost)
        # No later row is cheaper than the cheapest cell of this one, with or without a swap across it.
        if min(row) > limit:
            return limit + 1
        rows.append(row)
        last_row[first[i - 1]] = i
    return rows[height][width]
