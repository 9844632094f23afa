"""
The rule book: each D-, A-, I-, F-, S- and R-number that a message, a plan or a page cites, in one table.

A message stays short and cites a number; `explain NUMBER` and docs/reference/rules.md say the rest. The R-numbers are
the codes of diagnostics, whose texts are in the catalogue; this table takes them from there.
"""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from reconciler.diagnostics import CODES
from reconciler.rulebook.entry import FAMILIES, Entry, Keeper
from reconciler.rulebook.platform import ASSUMPTIONS, PLATFORM
from reconciler.rulebook.promises import PROMISES

__all__ = ["FAMILIES", "Entry", "Keeper", "cited", "entries", "entry_named", "number_of"]

_WRITTEN = re.compile(r"[\s(\[]*([DAIFSR])[\s_.-]*0*([0-9]{1,3})[\s)\]]*", re.IGNORECASE | re.ASCII)
_CITED = re.compile(r"(?<![\w-])(D-[0-9]{1,2}|[AIFS][0-9]{1,2}|R[0-9]{3})(?![\w-])")


@cache
def entries() -> Mapping[str, Entry]:
    """Every rule by number: D, A, I, F, S, then R."""
    codes = (
        Entry(code.id, f"{code.summary}.", (Keeper.MANIFESTS,), f"{code.explanation} ({code.severity.value})")
        for code in sorted(CODES.values(), key=lambda code: code.id)
    )
    return MappingProxyType({entry.number: entry for entry in (*PLATFORM, *ASSUMPTIONS, *PROMISES, *codes)})


def number_of(text: str) -> str | None:
    """The number that `text` spells ("d40", "D 40", "i-7"); None when it does not look like a number of the book."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    family, digits = found[1].upper(), found[2]
    return f"D-{digits}" if family == "D" else f"{family}{digits}"


def entry_named(text: str) -> Entry | None:
    """The rule whose number `text` spells; None when the book has none."""
    number = number_of(text)
    return None if number is None else entries().get(number)


def cited(text: str) -> list[str]:
    """The numbers that a text cites, in order."""
    return _CITED.findall(text)
