"""The state table at the top of the machine of objects, compared with every transition that `step` makes."""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from reconciler.apply.goal import Goal
from reconciler.apply.objects import machine
from reconciler.apply.objects.machine import MOST_ATTEMPTS, begin, step
from reconciler.apply.objects.state import Knowledge, Phase, State
from reconciler.apply.protocol import (
    ChangeEffect,
    CouldNotLook,
    Declined,
    Done,
    Finish,
    Intend,
    Interrupted,
    Look,
    NotExecuted,
    Rest,
    Seen,
    Send,
    Sent,
    Settle,
    Sharing,
    Uncertain,
)
from reconciler.control_plane.errors import Throttled, Unreachable
from reconciler.control_plane.port import Receipt
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode

MAP = Address("EventMap", "fleet-map")
BARE = {"displayName": "Map", "scope": "account", "subscriptions": []}
ITEMS = [{"event": "EndpointSteered_v1", "handler": "one"}]
WANTED = {**BARE, "displayName": "New", "subscriptions": ITEMS}
# As planned, half way, without its items, as wanted, and as somebody else left it.
MAPS = (
    BARE,
    {**BARE, "subscriptions": ITEMS[:1]},
    {**WANTED, "subscriptions": []},
    WANTED,
    {**BARE, "scope": "vslice"},
)

GROUP = Address("EndpointGroup", "fleet-group")
PRIMARY = {"type": "primary", "vslice": "net", "secondaryGroups": ["one", "two"]}
GROUPS = (PRIMARY, {**PRIMARY, "secondaryGroups": ["two"]}, {**PRIMARY, "secondaryGroups": []})

ANSWERS: Mapping[type[ChangeEffect], tuple[Any, ...]] = {
    Look: (CouldNotLook(Unreachable("no route")),),
    Intend: (Done(),),
    Send: (
        Sent(Receipt("id-1")),
        Sent(Receipt()),
        NotExecuted(Throttled("slow"), 3.0),
        NotExecuted(Throttled("slow"), None),
        Declined("no"),
        Declined("taken", may_be_taken=True),
        Uncertain("reset"),
    ),
    Rest: (Done(), Interrupted()),
    Settle: (Done(),),
    Finish: (),
}
"""The answers that the driver may give to each effect; a look finds one of the live objects as well."""

FACTS = ((True, False, True), (False, True, False))
"""Whether the object is owned, whether a creation of it was intended before, and whether the plan was begun."""


class Transition(NamedTuple):
    """One row of the table: the phase with the effect that it asks for, the event, and the next phase."""

    phase: Phase
    effect: str
    event: str
    following: Phase


def _change(address: Address, action: Action, before: Any, after: Any, code: ReasonCode, *, adopts: bool) -> Change:
    key = None if action is Action.CREATE else "id-1"
    reason = Reason(code, "it differs")
    name = key and address.name
    return Change(address, action, before, after, reason, remote_id=key, live_moniker=name, adopts=adopts)


def _changes() -> Iterator[tuple[Change, tuple[Observed | None, ...]]]:
    """Changes of every action, each with the live objects that a read may find."""
    maps = (None, *(Observed(MAP, "id-1", spec) for spec in MAPS), Observed(MAP, "id-2", WANTED))
    for action, before, after, adopts in (
        (Action.CREATE, None, WANTED, False),
        (Action.UPDATE, BARE, WANTED, False),
        (Action.UPDATE, BARE, WANTED, True),
        (Action.REPLACE, BARE, WANTED, False),
        (Action.DELETE, BARE, None, False),
        (Action.ADOPT, BARE, BARE, False),
        (Action.FORGET, BARE, None, False),
    ):
        yield _change(MAP, action, before, after, ReasonCode.CHANGED, adopts=adopts), maps
    yield _change(MAP, Action.FORGET, BARE, None, ReasonCode.VANISHED, adopts=False), maps
    groups = (None, *(Observed(GROUP, "id-1", spec, counts={"sims": n}) for spec in GROUPS for n in (0, 5)))
    yield _change(GROUP, Action.DELETE, PRIMARY, None, ReasonCode.REMOVED, adopts=False), groups


def _key(state: State, effect: ChangeEffect) -> tuple[Any, ...]:
    """The part of a state that decides what follows; attempts count up to where the last of them is made."""
    live = None if state.sighting is None else id(state.sighting.live)
    step = None if state.step is None else (state.step.verb, state.step.items)
    refusal = None if state.refusal is None else state.refusal.may_be_taken
    return (
        type(effect), getattr(effect, "sharing", None),
        state.phase, state.half, live, step, min(state.attempt, MOST_ATTEMPTS), state.polls,
        state.was_touched, state.has_intent, state.is_drained, refusal, type(state.ending),
    )  # fmt: skip


def _looks(effect: ChangeEffect, lives: tuple[Observed | None, ...]) -> Iterator[Seen]:
    """The answers to a look, those of a list as well where the change may look at one."""
    if isinstance(effect, Look):
        yield from map(Seen, lives)
        yield from (Seen(live, is_listed=True) for live in lives if effect.sharing is not Sharing.ALONE)


def _explored(knowledge: Knowledge, lives: tuple[Observed | None, ...]) -> Iterator[Transition]:
    """Every transition from the begin of this change, with every answer that the driver may give."""
    todo, seen = deque([begin(knowledge)]), set[object]()
    while todo:
        state, effect = todo.popleft()
        for event in (*_looks(effect, lives), *ANSWERS[type(effect)]):
            following = step(state, event)
            yield Transition(state.phase, type(effect).__name__, type(event).__name__, following[0].phase)
            if isinstance(following[1], Finish):
                yield Transition(Phase.OVER, Finish.__name__, "", Phase.OVER)
            elif (key := _key(*following)) not in seen:
                seen.add(key)
                todo.append(following)


def _table() -> set[Transition]:
    """The rows of the table in the docstring."""
    lines = (machine.__doc__ or "").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("phase "))
    cuts = [lines[start].index(name) for name in ("phase", "effect", "event", "next")]
    found: set[Transition] = set()
    phase, effect = Phase.OVER, ""
    for row in lines[start + 2 : lines.index(lines[start - 1], start + 2)]:
        cells = [row[i:j].strip() for i, j in zip(cuts, [*cuts[1:], None], strict=True)]
        if cells[0] != "..":
            phase, effect = Phase(cells[0]), cells[1]
        found.update(Transition(phase, effect, cells[2], Phase(name)) for name in cells[3].split(", "))
    return found


def test_the_table_has_exactly_the_transitions_that_a_change_can_make() -> None:
    """No transition is missing in the table, and none is there that no change makes; a phase has one effect."""
    found: set[Transition] = set()
    for change, lives in _changes():
        for is_owned, has_intent, was_touched in FACTS:
            owned = Owned(change.address, "id-1", change.address.name) if is_owned else None
            known = Knowledge(
                goal=Goal(change, {}, str), owned=owned, has_intent=has_intent, was_touched=was_touched, polls=1,
                patient_polls=1,
            )  # fmt: skip
            found.update(_explored(known, lives))

    assert found == _table()
