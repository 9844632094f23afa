"""Group commit: what waits together is written together, and nobody answers for another."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from reconciler.errors import StoreError
from reconciler.store.group_commit import CommitEntry, CommitRefused, GroupCommit
from reconciler.store.records import Fact

LONG_SECONDS = 30.0


def _entry(name: str) -> CommitEntry:
    return CommitEntry(facts=(Fact(action_id=name, attempt=1, epoch=1, what="sent"),))


@dataclass
class _Disk:
    """Where entries are written: each commit waits for the gate, and is remembered once it is durable."""

    commits: list[list[str]] = field(default_factory=list)
    tried: list[list[str]] = field(default_factory=list)
    failing: dict[str, BaseException] = field(default_factory=dict)
    gate: threading.Event = field(default_factory=threading.Event)
    is_reached: threading.Event = field(default_factory=threading.Event)

    def commit(self, entries: Sequence[CommitEntry]) -> None:
        names = [fact.action_id for entry in entries for fact in entry.facts]
        self.tried.append(names)
        self.is_reached.set()
        assert self.gate.wait(LONG_SECONDS)
        for name in names:
            if name in self.failing:
                raise self.failing[name]
        self.commits.append(names)

    @property
    def written(self) -> set[str]:
        """The names that are durable."""
        return {name for names in self.commits for name in names}


def _while_one_commits(disk: _Disk, names: Sequence[str]) -> tuple[GroupCommit, dict[str, Future[None]]]:
    """`names` are written by a thread each, while the commit of "first" is under way; what becomes of each."""
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(len(names) + 1) as pool:
        found = {"first": pool.submit(group.write, _entry("first"))}
        assert disk.is_reached.wait(LONG_SECONDS)
        for count, name in enumerate(names, start=1):
            found[name] = pool.submit(group.write, _entry(name))
            _until_waiting(group, count)
        disk.gate.set()
    return group, found


def _until_waiting(group: GroupCommit, count: int) -> None:
    moment = threading.Event()
    for _ in range(int(LONG_SECONDS * 1000)):
        if len(group._waiting) == count:
            return
        moment.wait(0.001)
    message = f"{count} never waited"
    raise AssertionError(message)


def test_whoever_waits_for_a_commit_shares_the_next() -> None:
    """Three threads that come while one commits need one commit together, in the order in which they came."""
    disk = _Disk()
    _, found = _while_one_commits(disk, ["a", "b", "c"])
    assert disk.commits == [["first"], ["a", "b", "c"]]
    assert all(future.exception() is None for future in found.values())


def test_nobody_is_told_before_the_commit_is_durable() -> None:
    """A write returns after the commit that has it, never before."""
    disk = _Disk()
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(group.write, _entry("a"))
        assert disk.is_reached.wait(LONG_SECONDS)
        assert not future.done()
        disk.gate.set()
        future.result(LONG_SECONDS)
    assert disk.written == {"a"}


def test_a_refused_entry_takes_nobody_with_it() -> None:
    """When a group cannot be written because of one entry, each is written on its own, and that one hears why."""
    disk = _Disk(failing={"b": CommitRefused(ValueError("makes no sense"))})
    _, found = _while_one_commits(disk, ["a", "b", "c"])
    assert disk.written == {"first", "a", "c"}
    assert isinstance(found["b"].exception(), ValueError)
    assert all(found[name].exception() is None for name in ("first", "a", "c"))


def test_a_failed_commit_is_not_tried_again() -> None:
    """When the store itself fails, everybody in the group hears of it, and nothing is written a second time (F21)."""
    disk = _Disk(failing={"b": OSError("disk full")})
    _, found = _while_one_commits(disk, ["a", "b", "c"])
    assert disk.tried == [["first"], ["a", "b", "c"]]
    assert [type(found[name].exception()) for name in ("a", "b", "c")] == [OSError] * 3


def test_who_was_left_behind_by_an_interrupted_commit_hears_so() -> None:
    """A group whose leader broke off before the last of it was tried is durable for nobody who was not written."""
    disk = _Disk(failing={"a": CommitRefused(ValueError()), "b": KeyboardInterrupt()})
    group, found = GroupCommit(disk.commit), {}
    with ThreadPoolExecutor(4) as pool:
        found["first"] = pool.submit(group.write, _entry("first"))
        assert disk.is_reached.wait(LONG_SECONDS)
        for count, name in enumerate(("a", "b", "c"), start=1):
            found[name] = pool.submit(group.write, _entry(name))
            _until_waiting(group, count)
        disk.gate.set()
    assert disk.written == {"first"}
    errors = {name: future.exception() for name, future in found.items()}
    assert errors.pop("first") is None
    assert all(errors.values())
    assert any(isinstance(error, StoreError) for error in errors.values())


def test_what_is_added_alone_is_written_at_once() -> None:
    """Where nobody else writes, what is added is durable on return."""
    disk = _Disk()
    disk.gate.set()
    group = GroupCommit(disk.commit)
    group.add(_entry("a"))
    assert disk.written == {"a"}


def test_what_is_added_during_a_commit_is_left_to_it() -> None:
    """A thread that commits also writes what others left meanwhile, before it goes on; they do not wait for it."""
    disk = _Disk()
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(group.write, _entry("first"))
        assert disk.is_reached.wait(LONG_SECONDS)
        group.add(_entry("left"))
        assert disk.written == set()
        disk.gate.set()
        first.result(LONG_SECONDS)
    assert disk.commits == [["first"], ["left"]]


def test_what_was_left_to_a_commit_that_failed_is_written_by_the_next() -> None:
    """Nobody waits for it, so nobody would hear that it is missing."""
    disk = _Disk(failing={"second": OSError("disk full")})
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(group.write, _entry("first"))
        assert disk.is_reached.wait(LONG_SECONDS)
        group.add(_entry("left"))
        second = pool.submit(group.write, _entry("second"))
        _until_waiting(group, 2)
        disk.gate.set()
        assert isinstance(second.exception(LONG_SECONDS), OSError)
        assert first.exception(LONG_SECONDS) is None
    assert disk.commits == [["first"], ["left"]]


def test_what_a_failed_commit_left_can_be_written_without_anything_else() -> None:
    """Where nobody writes any more, the end of the run does."""
    disk = _Disk(failing={"first": OSError("disk full")})
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(group.write, _entry("first"))
        assert disk.is_reached.wait(LONG_SECONDS)
        group.add(_entry("left"))
        disk.gate.set()
        assert isinstance(first.exception(LONG_SECONDS), OSError)
    assert disk.commits == []
    group.flush()
    group.flush()
    assert disk.commits == [["left"]]


def test_what_was_left_survives_the_failure_of_another_that_is_written_alone() -> None:
    """One entry is refused, so that each is written on its own; the store fails at the next, before the one left."""
    disk = _Disk(failing={"refused": CommitRefused(ValueError()), "fails": OSError("disk full")})
    group = GroupCommit(disk.commit)
    with ThreadPoolExecutor(3) as pool:
        pool.submit(group.write, _entry("first"))
        assert disk.is_reached.wait(LONG_SECONDS)
        for count, name in enumerate(("refused", "fails"), start=1):
            pool.submit(group.write, _entry(name))
            _until_waiting(group, count)
        group.add(_entry("left"))
        disk.gate.set()
    group.flush()
    assert disk.commits == [["first"], ["left"]]
