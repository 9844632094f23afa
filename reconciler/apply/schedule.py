"""What may start now, and what can never start: a ready queue without barriers. Pure values, no threads."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
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
        self._open = {
            change.address: {name for name in change.waits_for if name in self._changes and name != change.address}
            for change in changes
        }
        self._users: dict[Address, list[Address]] = {}
        for address, others in self._open.items():
            for other in others:
                self._users.setdefault(other, []).append(address)
        _check_no_cycle(self._open, self._users)
        self._left = set(self._changes)
        self._ready = deque(address for address, others in self._open.items() if not others)

    @classmethod
    def around_sims(cls, changes: Sequence[Change]) -> tuple[Self, Self]:
        """Two schedules: what comes before SIMs are moved, and deletions with all that waits for them, afterwards."""
        late = {change.address for change in changes if change.action is Action.DELETE}
        users: dict[Address, list[Address]] = {}
        for change in changes:
            for other in change.waits_for:
                users.setdefault(other, []).append(change.address)
        todo = list(late)
        while todo:
            for user in users.get(todo.pop(), ()):
                if user not in late:
                    late.add(user)
                    todo.append(user)
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
            if address in self._left:
                self._left.discard(address)
                return self._changes[address]
        return None

    def succeeded(self, address: Address) -> None:
        """Let those that waited for `address` go on."""
        for user in self._users.get(address, ()):
            self._open[user].discard(address)
            if not self._open[user]:
                self._ready.append(user)

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


def _check_no_cycle(waits: Mapping[Address, set[Address]], users: Mapping[Address, list[Address]]) -> None:
    count = {address: len(others) for address, others in waits.items()}
    todo = [address for address, number in count.items() if not number]
    seen = 0
    while todo:
        seen += 1
        for user in users.get(todo.pop(), ()):
            count[user] -= 1
            if not count[user]:
                todo.append(user)
    if seen != len(waits):
        stuck = ", ".join(str(address) for address, number in sorted(count.items()) if number)
        message = f"the plan's changes wait for each other: {stuck}"
        raise PlanFileError(message)
