"""The lists by which changes may begin: believed while young, read again where that is cheaper, else silent."""

from collections.abc import Collection, Mapping
from typing import Any

from reconciler.apply.recent_lists import RecentLists, pages_of
from reconciler.control_plane.errors import IncompleteRead
from reconciler.model.address import Address
from reconciler.model.snapshot import Account, Observed, Snapshot
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode

HERE = Observed(Address("VSlice", "gone"), "id-gone", {})


class Platform:
    """Answers one list as often as it is asked, or says that it is incomplete."""

    def __init__(self, *, fails: bool = False) -> None:
        self.asked: list[frozenset[str]] = []
        self.fails = fails

    def read_many(self, kind: str, keys: Collection[str]) -> Mapping[str, Observed]:
        """The one object, where it is asked for."""
        assert kind == "VSlice"
        self.asked.append(frozenset(keys))
        if self.fails:
            message = "the total moved"
            raise IncompleteRead(message)
        return {"id-gone": HERE}


def _change(action: Action, name: str, remote_id: str | None = None) -> Change:
    return Change(Address("VSlice", name), action, None, {}, Reason(ReasonCode.DECLARED, "why"), remote_id=remote_id)


CHANGES = [
    _change(Action.CREATE, "new"),
    _change(Action.CREATE, "newer"),
    _change(Action.DELETE, "gone", "id-gone"),
    _change(Action.UPDATE, "edited", "id-edited"),
]


def _lists(platform: Any, clock: list[float], max_age_seconds: float = 10) -> RecentLists:
    return RecentLists(platform, lambda: clock[0], CHANGES, max_age_seconds)


def test_the_first_read_of_the_account_answers_while_it_is_young() -> None:
    """No request: the name is free, and the object is as it was listed."""
    platform, clock = Platform(), [0.0]
    lists = _lists(platform, clock)
    lists.note(Snapshot(Account("origin"), [HERE]), 0.0)
    clock[0] = 9.9

    assert lists.find("VSlice", "new") == (True, None)
    assert lists.find("VSlice", "id-gone") == (True, HERE)
    assert platform.asked == []


def test_it_says_nothing_of_what_is_neither_created_nor_deleted() -> None:
    """An update is based on a read of its own."""
    lists = _lists(Platform(), [0.0])
    lists.note(Snapshot(Account("origin"), [HERE]), 0.0)

    assert lists.find("VSlice", "id-edited") == (False, None)
    assert lists.find("EventMap", "new") == (False, None)
    assert lists.pages("EventMap") == 1


def test_an_old_list_is_read_again_for_all_that_is_left() -> None:
    """One request for several changes; for the last change a list costs no less than its own read."""
    platform, clock = Platform(), [0.0]
    lists = _lists(platform, clock)
    lists.note(Snapshot(Account("origin"), []), 0.0)
    clock[0] = 10.0

    assert lists.find("VSlice", "new") == (True, None)
    assert lists.find("VSlice", "id-gone") == (True, HERE)
    assert platform.asked == [{"new", "newer", "id-gone"}]
    clock[0] = 30.0
    assert lists.find("VSlice", "newer") == (False, None)
    assert len(platform.asked) == 1


def test_a_list_that_is_incomplete_says_nothing() -> None:
    """Each change reads its own object."""
    platform = Platform(fails=True)
    lists = _lists(platform, [0.0])

    assert lists.find("VSlice", "new") == (False, None)
    assert len(platform.asked) == 1


def test_without_an_age_nothing_is_listed() -> None:
    """Each change reads its own object."""
    platform = Platform()
    lists = _lists(platform, [0.0], max_age_seconds=0)
    lists.note(Snapshot(Account("origin"), []), 0.0)

    assert lists.find("VSlice", "new") == (False, None)
    assert platform.asked == []


def test_what_the_run_itself_changed_is_forgotten() -> None:
    """After SIMs were moved, groups are not as the list says."""
    platform, clock = Platform(), [0.0]
    lists = _lists(platform, clock)
    lists.note(Snapshot(Account("origin"), []), 0.0)
    lists.forget()

    assert lists.find("VSlice", "id-gone") == (True, HERE)
    assert len(platform.asked) == 1


def test_pages_are_counted_from_rows() -> None:
    """An empty list costs a request too."""
    assert [pages_of(rows) for rows in (0, 999, 1000, 2500)] == [1, 1, 2, 3]
