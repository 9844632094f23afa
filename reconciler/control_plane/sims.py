"""
SIMs on the wire: pages decoded typed and partial, and the requests that move them (stacuity-api B.10, C).

Nothing of this is publicly documented by the platform, so every path stands in one table (`paths`).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from reconciler.control_plane.envelope import open_envelope
from reconciler.control_plane.errors import IncompleteRead, ProtocolViolation
from reconciler.control_plane.listing import MOST_ROWS, ahead
from reconciler.control_plane.transport import Answer


class _Named(msgspec.Struct, gc=False):
    moniker: str | None = None


class LiveSim(msgspec.Struct, gc=False, rename="camel"):
    """Where one SIM is: the members that a roster needs of every SIM."""

    iccid: str
    endpoint_status: _Named
    endpoint_group: _Named | None = None
    ip_address: str | None = None
    static_ip_address: str | None = None

    @property
    def group(self) -> str | None:
        """The moniker of its primary group."""
        return None if self.endpoint_group is None else self.endpoint_group.moniker

    @property
    def status(self) -> str:
        """pending, active, suspended or terminated."""
        return self.endpoint_status.moniker or ""


class KnownSim(LiveSim, gc=False, rename="camel"):
    """What selectors and settings need besides."""

    id: str = ""
    name: str | None = None
    reference: str | None = None
    tags: list[str] | None = None
    imei_lock: str | None = None


class _Page(msgspec.Struct, gc=False, rename="camel"):
    success: bool = False
    total_items: int | None = None
    data: list[LiveSim] | None = None


class _KnownPage(msgspec.Struct, gc=False, rename="camel"):
    success: bool = False
    total_items: int | None = None
    data: list[KnownSim] | None = None


_DECODERS: dict[bool, msgspec.json.Decoder[Any]] = {
    False: msgspec.json.Decoder(_Page),
    True: msgspec.json.Decoder(_KnownPage),
}


def decoded(answer: Answer, what: str, *, known: bool) -> tuple[Sequence[LiveSim], int | None]:
    """The SIMs of one page and the total. Raises as `open_envelope` does, and `ProtocolViolation`."""
    if answer.status == 200:
        try:
            page = _DECODERS[known].decode(answer.content)
        except (msgspec.DecodeError, ValueError, RecursionError):
            page = None
        if page is not None and page.success and page.data is not None:
            return page.data, page.total_items
    envelope = open_envelope(answer, what, is_read=True)
    try:
        rows = [one(row, known=known) for row in envelope.data]
    except (msgspec.ValidationError, TypeError, AttributeError, ValueError) as error:
        message = f"{what} answered something that is not a list of SIMs"
        raise ProtocolViolation(message) from error
    return rows, envelope.total


def one(row: Any, *, known: bool) -> LiveSim:
    """One SIM from a payload, whatever the case of its members (stacuity-api A.2)."""
    sort: type[LiveSim] = KnownSim if known else LiveSim
    spelt = {name.lower(): name for name in sort.__struct_encode_fields__}
    return msgspec.convert({spelt.get(name.lower(), name): value for name, value in row.items()}, sort)


def streamed(
    page: Callable[[int], tuple[Sequence[LiveSim], int | None]], *, at_once: int
) -> Iterator[Sequence[LiveSim]]:
    """
    Every page in order, a few of them fetched ahead.

    Raises `IncompleteRead` after the last page when the list contradicted itself on the way (5.6): a moving total, or
    another number of SIMs than was announced. That a SIM came twice is for the caller to notice.
    """
    first, total = page(0)
    if total is not None and total > MOST_ROWS:
        message = f"the list of SIMs could not be read completely: {total:,} were announced"
        raise IncompleteRead(message, hint="tell the platform's support")
    count = len(first)
    yield first
    if total is None:
        # Without a total only an empty page says that this was all; a platform that knows no pages answers the same.
        begun: set[str] = set()
        while first:
            if first[0].iccid in begun or count > MOST_ROWS:
                message = "the list of SIMs could not be read completely: it has no total, and does not end"
                raise IncompleteRead(message, hint="tell the platform's support")
            begun.add(first[0].iccid)
            first, _ = page(count)
            count += len(first)
            yield first
        return
    moved, last = False, len(first)
    begun = {sim.iccid for sim in first[:1]}
    if first and count < total:
        for more, announced in ahead(page, iter(range(count, total, count)), at_once):
            moved = moved or announced != total
            count, last = count + len(more), len(more)
            yield more
            if not more or more[0].iccid in begun:
                break
            begun.add(more[0].iccid)
    if first and count == total and last == len(first):
        # No page was short, so the total alone says that this was all: whoever counts wrong has one more.
        count += len(page(total)[0])
    if moved or count != total:
        message = f"the list of SIMs could not be read completely: {count:,} came, {total:,} were announced"
        raise IncompleteRead(message, hint="somebody may be changing it right now; try again")
