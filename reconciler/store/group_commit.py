"""
Group commit: entries that several threads write at the same time go into one transaction.

A durable commit costs more than all that is written in it, so a caller that comes while one is under way shares the
next. No caller hears that its entry is written before the transaction is durable. One thread at a time leads: it takes
the entries that are there and commits them. Each entry is a machine:

| state         | event                                   | next    | effect                                           |
|---------------|-----------------------------------------|---------|--------------------------------------------------|
| new           | `write`, or `add` while no thread leads | waiting | the caller waits for its turn to lead            |
| new           | `add` while a thread leads              | left    | the caller goes on; the leader commits again     |
| waiting, left | the leader takes the group              | taken   | one transaction for the group                    |
| taken         | the transaction is durable              | durable | a caller that waits returns                      |
| taken         | the group is refused                    | taken   | a transaction for each entry alone               |
| taken         | the entry alone is refused              | refused | a caller that waits raises the cause             |
| taken         | the commit fails, a caller waits        | failed  | the caller raises the error; no second try       |
| taken         | the commit fails, no caller waits       | left    | the entry comes first in the next group          |
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from reconciler.environment import Environment
from reconciler.errors import StoreError
from reconciler.store import journal, lock, ownership
from reconciler.store.records import Epoch, Fact, Intent, Settlement

COMPANY = 4
GATHERING_SECONDS = 0.001
"""A commit waits so long for so many entries if the last group had several; a request takes far longer."""


@dataclass(frozen=True, slots=True)
class CommitEntry:
    """The writes of one caller. With an epoch it is a decision, and refused when another run holds the lock."""

    epoch: Epoch | None = None
    intents: Sequence[Intent] = ()
    facts: Sequence[Fact] = ()
    settlement: Settlement = Settlement()  # noqa: RUF009  # It is frozen.


class CommitRefused(Exception):
    """One of the entries cannot be written, whatever the state of the database is; the reason is its cause."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def write(connection: Connection, environment: Environment, entries: Sequence[CommitEntry], *, estate: str) -> None:
    """
    Write entries of different callers of one estate (its lineage) in one transaction, which is the caller's to commit.

    Raises `CommitRefused` when one of them cannot be written, or makes no sense beside another: undo the transaction.
    """
    try:
        for epoch in {entry.epoch for entry in entries if entry.epoch is not None}:
            lock.fence(connection, epoch)
        now = lock.database_time(connection, environment)
        intents = [(entry.epoch, intent) for entry in entries if entry.epoch for intent in entry.intents]
        journal.intend(connection, now, intents, estate=estate)
        journal.append_facts(connection, environment.now(), [fact for entry in entries for fact in entry.facts])
        journal.decide(connection, now, [decision for entry in entries for decision in entry.settlement.states.items()])
        ownership.settle(connection, [(e.epoch, e.settlement) for e in entries if e.epoch], estate=estate)
    except (lock.Fenced, IntegrityError, DataError, ArithmeticError, TypeError, ValueError) as error:
        raise CommitRefused(error) from error


@dataclass(eq=False, slots=True)
class _Member:
    entry: CommitEntry
    is_awaited: bool = True
    is_taken: bool = False
    is_durable: bool = False
    error: BaseException | None = None

    @property
    def is_left_over(self) -> bool:
        """True if no caller waits for this entry and it still must be committed."""
        return not (self.is_awaited or self.is_durable or self.error)


class GroupCommit:
    """
    Writes the entries of all waiting threads in one transaction. Thread-safe.

    `commit` writes entries in one transaction, or raises `CommitRefused` and leaves nothing of them.
    """

    def __init__(self, commit: Callable[[Sequence[CommitEntry]], None]) -> None:
        self._commit = commit
        self._turn = threading.Lock()
        self._arrival = threading.Condition()
        self._waiting: list[_Member] = []
        self._is_led = False
        self._had_company = False

    def add(self, entry: CommitEntry) -> None:
        """
        Write an entry as `write` does; while another thread commits, leave it to that thread and do not wait.

        That thread commits again before it does anything else. If that fails, the entry stays for the next commit; only
        an entry that cannot be written at all is dropped.
        """
        with self._arrival:
            if self._is_led:
                self._waiting.append(_Member(entry, is_awaited=False))
                return
        self.write(entry)

    def flush(self) -> None:
        """Write what a failed commit left."""
        if self._waiting:
            self.write(CommitEntry())

    def write(self, *entries: CommitEntry) -> None:
        """
        Write entries, perhaps together with those of others; all are durable on return.

        Raises the cause of the first refusal, which concerns no other entry, or the error of the commit: then the
        entries may or may not be there, as after any failed commit.
        """
        mine = [_Member(entry) for entry in entries]
        with self._arrival:
            self._waiting += mine
            if len(self._waiting) >= COMPANY:
                self._arrival.notify()
        with self._turn:
            try:
                while not all(member.is_taken for member in mine) or self._is_left():
                    self._lead(self._take())
            except Exception:
                # An error of other entries, after these were durable, goes to their callers.
                if not all(member.is_durable for member in mine):
                    raise
            finally:
                self._is_led = False
        for member in mine:
            if not member.is_durable:
                raise member.error or StoreError("the store was not written: the run was broken off")

    def _is_left(self) -> bool:
        """True if another thread left an entry to this one; if False, no thread leaves one from here on."""
        with self._arrival:
            self._is_led = any(not member.is_awaited for member in self._waiting)
            return self._is_led

    def _take(self) -> list[_Member]:
        with self._arrival:
            self._is_led = True
            if self._had_company:
                self._arrival.wait_for(lambda: len(self._waiting) >= COMPANY, GATHERING_SECONDS)
            group, self._waiting = self._waiting, []
            for member in group:
                member.is_taken = True
        self._had_company = len(group) > 1
        return group

    def _lead(self, group: Sequence[_Member]) -> None:
        try:
            self._write(group)
        finally:
            with self._arrival:
                self._waiting[:0] = [member for member in group if member.is_left_over]

    def _write(self, group: Sequence[_Member]) -> None:
        try:
            self._commit([member.entry for member in group])
        except CommitRefused as refused:
            if len(group) == 1:
                group[0].error = refused.cause
                return
            for member in group:
                self._write([member])
        except BaseException as error:
            # Entries that a caller waits for are not tried again: the database itself fails (F21).
            for member in group:
                member.error = error if member.is_awaited else None
            raise
        else:
            for member in group:
                member.is_durable = True
