"""
Reports that never exceed a limit: whole items are shown while there is room, the rest is counted by name. Pure.

The gravest sections come first and reserve room for their counts before any item is shown in full.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.plan.change import entries_of
from reconciler.reports.first_screen import clipped
from reconciler.reports.plan_view import ReportItem, Section
from reconciler.reports.roster_text import short

_LONGEST_LINE = 240
_HEADING = 200
_MOST_MISFITS = 20
_MOST_NAMED = 3
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Fitted:
    """
    A section within its room: the items that are shown in full, and the lines that count the others.

    `left_out` is how many changes are only counted.
    """

    section: Section
    shown: tuple[str, ...]
    counted: tuple[str, ...]
    left_out: int


def size(text: str) -> int:
    """The size of a text in bytes, by which the strictest forges count."""
    return len(text.encode())


def fit(
    sections: Sequence[Section], room: int, block: Callable[[ReportItem], str], weight: Callable[[str], int] = size
) -> tuple[tuple[Fitted, ...], int]:
    """
    The sections in `room` bytes, gravest first, and how many changes did not even fit as counts.

    `block` is an item in full, of so many bytes by `weight`. An item is shown whole or counted.
    """
    kept: list[Section] = []
    for section in sections:
        # One line for each kind and action bounds every count of the section, whatever is shown in full.
        reserve = len(tallied(section.items)) * (_LONGEST_LINE + 2) + _HEADING
        if reserve > room:
            break
        room -= reserve
        kept.append(section)
    found = []
    for section in kept:
        shown, counted, room = _filled(section, room, block, weight)
        lines = tallied(counted)
        found.append(Fitted(section, shown, lines, sum(item.count for item in counted)))
    missing = sum(item.count for section in sections[len(kept) :] for item in section.items)
    return tuple(found), missing


def _filled(
    section: Section, room: int, block: Callable[[ReportItem], str], weight: Callable[[str], int]
) -> tuple[tuple[str, ...], list[ReportItem], int]:
    shown: list[str] = []
    counted: list[ReportItem] = []
    misfits = 0
    for item in section.items:
        if misfits >= _MOST_MISFITS:
            counted.append(item)
            continue
        text = block(item)
        if weight(text) + 2 > room:
            counted.append(item)
            misfits += 1
            continue
        room -= weight(text) + 2
        shown.append(text)
    return tuple(shown), counted, room


def tallied(items: Sequence[ReportItem]) -> tuple[str, ...]:
    """A line for each kind and action: how many, and the names of the first few."""
    found: dict[str, tuple[int, list[str]]] = {}
    for item in items:
        for what, names in _parts(item):
            count, some = found.get(what, (0, []))
            found[what] = count + len(names), [*some, *names[: _MOST_NAMED - len(some)]]
    return tuple(_line(what, count, names) for what, (count, names) in found.items())


def _parts(item: ReportItem) -> Iterator[tuple[str, Sequence[str]]]:
    if item.sims is not None:
        yield f"SIMs {item.sims.action.past}", item.sims.iccids
    elif item.edits is not None:
        yield "SIMs edited", [edit.iccid for edit in item.edits.edits]
    for entry in entries_of(item.changes):
        yield f"{entry.address.kind} {entry.action.past}", [entry.address.name]


def _line(what: str, count: int, names: Sequence[str]) -> str:
    listed = ", ".join(clipped(short(name), _LONGEST_NAME) for name in names)
    more = f" and {count - len(names):,} more" if count > len(names) else ""
    line = f"{count:,} × {what}: {listed}{more}"
    # In bytes a name can have four times as many as in letters.
    return line if size(line) <= _LONGEST_LINE else f"{count:,} × {what}"
