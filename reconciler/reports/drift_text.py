"""The values that were written into the files of an estate, and those that were left, as text."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from reconciler.reports.diagnostics import escaped


class Written(Protocol):
    """A field that was written: whose, which, and where."""

    @property
    def address(self) -> str:
        """The object, or the set of SIMs."""

    @property
    def field(self) -> str:
        """The field, or the SIM."""

    @property
    def place(self) -> str:
        """The file and the line."""


class Left(Protocol):
    """A field that was not written: whose, which, and why."""

    @property
    def address(self) -> str:
        """The object, or the set of SIMs."""

    @property
    def field(self) -> str:
        """The field, or the SIM."""

    @property
    def why(self) -> str:
        """The reason, in a clause."""


def drift_written(written: Sequence[Written], left: Sequence[Left]) -> str:
    """Each field with its place, then each that was left with the reason."""
    return "\n".join(_lines(written, left))


def written_document(written: Sequence[Written], left: Sequence[Left]) -> dict[str, list[dict[str, str]]]:
    """The same as JSON values."""
    return {
        "written": [{"address": one.address, "field": one.field, "place": one.place} for one in written],
        "left": [{"address": one.address, "field": one.field, "why": one.why} for one in left],
    }


def _lines(written: Sequence[Written], left: Sequence[Left]) -> Iterator[str]:
    for one in written:
        yield f"  ~ {escaped(one.place)}  {escaped(_subject(one))}"
    for other in left:
        yield f"  not written: {escaped(_subject(other))}: {escaped(other.why)}"
    yield f"{len(written):,} written, {len(left):,} left."


def _subject(one: Written | Left) -> str:
    return f"{one.address} {one.field}".rstrip()
