"""The changes that may start, and those that never can: a ready queue without barriers. Pure, no threads."""

from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Self

from reconciler.errors import PlanFileError
from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.change import Change


class Schedule:
    """
    The order of one run. Each change becomes ready when all that it waits for has succeeded, whatever else is going on.

    Raises `PlanFileError` for a plan whose changes wait for each other, or that has two for one address.
    """

    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = {change.address: change for change in changes}
        if len(self._changes) != len(changes):
            message = "the plan has two changes for one address"
            raise PlanFileError(message)
        self._users = _users_of(changes)
        self._sorter: TopologicalSorter[Address] = TopologicalSorter(dict.fromkeys(self._changes, ()))
        for address in self._changes.keys() & self._users.keys():
            for user in self._users[address]:
                if user != address:
                    self._sorter.add(user, address)
        self._left = set(self._changes)
        self._ready: deque[Address] = deque()
        self._waiting: Counter[str] = Counter()
        self._enqueue(_prepared(self._sorter, self._left))

    @classmethod
    def around_sims(cls, changes: Sequence[Change]) -> tuple[Self, Self]:
        """Two schedules: what comes before SIMs are moved, and deletions with all that waits for them, afterwards."""
        late = {change.address for change in changes if change.action is Action.DELETE}
        users, todo = _users_of(changes), list(late)
        while todo:
            found = set(users.get(todo.pop(), ())) - late
            late |= found
            todo += found
        return (
            cls([change for change in changes if change.address not in late]),
            cls([change for change in changes if change.address in late]),
        )

    def __len__(self) -> int:
        """How many changes have neither been started nor skipped."""
        return len(self._left)

    def start(self) -> Change | None:
        """The next change that may start, in the plan's order as far as possible; None when none may now."""
        while self._ready:
            address = self._ready.popleft()
            self._waiting[address.kind] -= 1
            if address in self._left:
                self._left.discard(address)
                return self._changes[address]
        return None

    def succeeded(self, address: Address) -> None:
        """Let those that waited for `address` go on."""
        self._sorter.done(address)
        self._enqueue(self._sorter.get_ready())

    def has_ready(self, kind: str) -> bool:
        """Whether a change of this kind may start now."""
        return self._waiting[kind] > 0

    def _enqueue(self, addresses: Collection[Address]) -> None:
        self._ready.extend(addresses)
        self._waiting.update(address.kind for address in addresses)

    def failed(self, address: Address) -> Iterator[Change]:
        """Take out everything that waits for `address`, however indirectly; each change that is skipped so."""
        todo = deque(self._users.get(address, ()))
        while todo:
            user = todo.popleft()
            if user in self._left:
                self._left.discard(user)
                yield self._changes[user]
                todo.extend(self._users.get(user, ()))

    def rest(self) -> Iterator[Change]:
        """Take out everything that is left, in the plan's order."""
        for address, change in self._changes.items():
            if address in self._left:
                self._left.discard(address)
                yield change


def _users_of(changes: Sequence[Change]) -> dict[Address, list[Address]]:
    """The changes that wait for each address, in the plan's order."""
    users: dict[Address, list[Address]] = {}
    for change in changes:
        for other in dict.fromkeys(change.waits_for):
            users.setdefault(other, []).append(change.address)
    return users


def _prepared(sorter: TopologicalSorter[Address], addresses: Collection[Address]) -> tuple[Address, ...]:
    """The addresses that wait for nothing; `PlanFileError` where some of all wait for each other."""
    try:
        sorter.prepare()
    except CycleError as error:
        stuck = set(addresses)
        while ready := sorter.get_ready():
            stuck.difference_update(ready)
            sorter.done(*ready)
        message = f"the plan's changes wait for each other: {', '.join(map(str, sorted(stuck)))}"
        raise PlanFileError(message) from error
    return sorter.get_ready()
