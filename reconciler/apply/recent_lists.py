"""
The lists that a run has read, for changes that a list lets begin.

A creation wants to know that its name is free, a deletion that its object is as planned. One complete list says so for
all changes of a kind, for as long as it is young.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.control_plane.errors import ControlPlaneError
from reconciler.control_plane.listing import PAGE_SIZE
from reconciler.control_plane.port import ControlPlane
from reconciler.model.address import Address
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.plan.action import Action
from reconciler.plan.change import Change

MAX_READ_AGE_SECONDS = 10.0
"""The time that may pass between the read that lets a creation or a deletion begin, and its request."""


@dataclass(slots=True)
class _KindList:
    """The objects of one kind that the run's changes ask for, as of `asked_at`; None: no list was read."""

    keys: frozenset[str]
    left: int
    pages: int = 1
    asked_at: float | None = None
    found: Mapping[str, Observed] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)


class RecentLists:
    """
    The objects that `changes` create and delete, as complete lists have them. Thread-safe.

    `max_age_seconds` is how long a list is believed; None: `MAX_READ_AGE_SECONDS`.
    """

    def __init__(
        self,
        control_plane: ControlPlane,
        now: Callable[[], float],
        changes: Iterable[Change],
        max_age_seconds: float | None = None,
    ) -> None:
        self._control_plane = control_plane
        self._now = now
        self._max_age = MAX_READ_AGE_SECONDS if max_age_seconds is None else max_age_seconds
        keys: dict[str, list[str]] = {}
        for change in changes:
            if change.action is Action.CREATE:
                keys.setdefault(change.address.kind, []).append(change.address.name)
            elif change.action is Action.DELETE and change.remote_id is not None:
                keys.setdefault(change.address.kind, []).append(change.remote_id)
        self._kinds = {kind: _KindList(frozenset(names), len(names)) for kind, names in keys.items()}

    def note(self, snapshot: Snapshot, asked_at: float) -> None:
        """Keep what a complete read of the account, begun at `asked_at`, says of these objects."""
        counts: dict[str, int] = {}
        for address in snapshot.by_address:
            counts[address.kind] = counts.get(address.kind, 0) + 1
        for kind, kept in self._kinds.items():
            found = {
                key: live
                for key in kept.keys
                if (live := snapshot.by_id.get((kind, key)) or snapshot.by_address.get(Address(kind, key))) is not None
            }
            kept.asked_at, kept.found = asked_at, found
            kept.pages = pages_of(counts.get(kind, 0))

    def forget(self) -> None:
        """Believe no list any more: what they say was changed by this run itself."""
        for kept in self._kinds.values():
            with kept.turn:
                kept.asked_at = None

    def pages(self, kind: str) -> int:
        """How many requests a list of the kind costs, about."""
        kept = self._kinds.get(kind)
        return 1 if kept is None else kept.pages

    def find(self, kind: str, key: str) -> tuple[bool, Observed | None]:
        """
        Whether a young list is there, and what it says of one object.

        Where the last list is too old, a new one is read if that costs fewer requests than reading the objects that
        are left one by one. A list that cannot be read completely says nothing.
        """
        kept = self._kinds.get(kind)
        if kept is None or key not in kept.keys or not self._max_age:
            return False, None
        with kept.turn:
            kept.left -= 1
            if not self._is_young(kept):
                if kept.left < kept.pages:
                    return False, None
                asked_at = self._now()
                try:
                    kept.found = self._control_plane.read_many(kind, kept.keys)
                except ControlPlaneError:
                    return False, None
                kept.asked_at = asked_at
            return True, kept.found.get(key)

    def _is_young(self, kept: _KindList) -> bool:
        return kept.asked_at is not None and self._now() - kept.asked_at < self._max_age


def pages_of(rows: int) -> int:
    """How many requests a list of so many rows costs."""
    return 1 + rows // PAGE_SIZE
