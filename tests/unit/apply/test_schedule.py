"""The order of changes: each starts after all that it waits for, and never after a failure of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.apply.schedule import Schedule
from reconciler.errors import PlanFileError
from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode


def change(name: str, *waits_for: str) -> Change:
    """A change that waits for others."""
    reason = Reason(ReasonCode.DECLARED, "it is declared")
    waits = tuple(Address("VSlice", other) for other in waits_for)
    return Change(Address("VSlice", name), Action.CREATE, None, {}, reason, waits_for=waits)


def _names(changes: object) -> list[str]:
    return [one.address.name for one in changes]  # type: ignore[attr-defined]  # An iterator of changes.


def test_what_waits_for_nothing_starts_at_once_in_the_plans_order() -> None:
    """Independent changes are ready from the beginning."""
    schedule = Schedule([change("a"), change("b"), change("c", "a")])
    started = [schedule.start(), schedule.start(), schedule.start()]
    assert [one.address.name if one else None for one in started] == ["a", "b", None]
    assert len(schedule) == 1
    schedule.succeeded(Address("VSlice", "a"))
    found = schedule.start()
    assert found is not None
    assert found.address.name == "c"
    assert len(schedule) == 0


def test_a_change_starts_when_the_last_of_its_conditions_is_met() -> None:
    """Two conditions, met one after the other."""
    schedule = Schedule([change("a"), change("b"), change("c", "a", "b")])
    schedule.start()
    schedule.start()
    schedule.succeeded(Address("VSlice", "b"))
    assert schedule.start() is None
    schedule.succeeded(Address("VSlice", "a"))
    assert schedule.start() is not None


def test_a_failure_skips_exactly_what_depends_on_it() -> None:
    """Dependants are skipped however far away, each once; everything else goes on."""
    schedule = Schedule([change("a"), change("b"), change("c", "a"), change("d", "c", "b"), change("e", "b")])
    schedule.start()
    schedule.start()
    assert _names(schedule.failed(Address("VSlice", "a"))) == ["c", "d"]
    schedule.succeeded(Address("VSlice", "b"))
    found = schedule.start()
    assert found is not None
    assert found.address.name == "e"
    assert schedule.start() is None
    assert _names(schedule.rest()) == []


def test_what_a_plan_does_not_contain_is_not_waited_for() -> None:
    """Conditions outside of the plan, and on oneself, are met."""
    schedule = Schedule([change("a", "elsewhere", "a")])
    assert schedule.start() is not None


def test_the_rest_is_what_has_not_begun() -> None:
    """Taking out the rest leaves nothing to start."""
    schedule = Schedule([change("a"), change("b"), change("c", "b")])
    schedule.start()
    assert _names(schedule.rest()) == ["b", "c"]
    assert schedule.start() is None


@pytest.mark.parametrize(
    "changes", [[change("a", "b"), change("b", "a"), change("c")], [change("a"), change("a")]], ids=["cycle", "twice"]
)
def test_a_plan_that_cannot_be_ordered_is_refused(changes: list[Change]) -> None:
    """Changes that wait for each other, or two for one address, are no plan."""
    with pytest.raises(PlanFileError):
        Schedule(changes)


@given(st.data())
def test_in_every_schedule_a_change_comes_after_all_it_waits_for(data: st.DataObject) -> None:
    """Law 4: however changes end, one starts only after all that it waits for succeeded, and each ends once."""
    size = data.draw(st.integers(1, 12))
    changes = [
        change(f"n{place}", *(f"n{other}" for other in data.draw(st.sets(st.integers(0, place - 1), max_size=3))))
        if place
        else change("n0")
        for place in range(size)
    ]
    schedule = Schedule(data.draw(st.permutations(changes)))
    succeeded: set[Address] = set()
    failed: set[Address] = set()
    running: list[Change] = []
    ended: list[Address] = []
    while True:
        while (found := schedule.start()) is not None:
            assert set(found.waits_for) <= succeeded
            running.append(found)
        if not running:
            break
        one = running.pop(data.draw(st.integers(0, len(running) - 1)))
        ended.append(one.address)
        if data.draw(st.booleans()):
            succeeded.add(one.address)
            schedule.succeeded(one.address)
        else:
            failed.add(one.address)
            skipped = [other.address for other in schedule.failed(one.address)]
            failed.update(skipped)
            ended.extend(skipped)
    assert sorted(ended) == sorted(one.address for one in changes)
    assert len(schedule) == 0
    assert not succeeded & failed


def test_what_waits_for_a_deletion_comes_after_the_sims() -> None:
    """Deletions come after moves of SIMs, and with them whatever waits for one, however indirectly; each once."""
    gone = replace(change("old"), action=Action.DELETE)

    early, late = Schedule.around_sims(
        [change("a"), gone, change("b", "old"), change("c", "b", "a"), change("d", "c", "b")]
    )

    assert _names(early.rest()) == ["a"]
    assert _names(late.rest()) == ["old", "b", "c", "d"]
