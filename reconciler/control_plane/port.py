"""The port to the platform: what planning and applying ask of it, whatever is behind."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from reconciler.diffing.rosters import Live
from reconciler.model.address import Address
from reconciler.model.catalogue import WordList
from reconciler.model.secret import SecretRef
from reconciler.model.snapshot import Account, Observed, Snapshot


class Verb(StrEnum):
    """The effect of one request: on an object, or on one item (or batch of items) of a sub-collection of it."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Step:
    """
    One request of a change, as data: the smallest thing that is journalled, sent, resolved and verified.

    `address` is the plan's address, `key` what addresses the live object in the URL (its id, or its moniker when it
    is to be created by this very plan). `segment` and `items` are for ADD and REMOVE: the sub-collection and the
    spec-side identities of the items. `spec` holds what CREATE and UPDATE write: for UPDATE the managed fields, to be
    merged over a fresh read (I11); `before` is what the plan saw of them, which names the items of lists.
    """

    verb: Verb
    address: Address
    moniker: str
    remote_id: str | None = None
    spec: Mapping[str, Any] | None = None
    segment: str | None = None
    items: tuple[tuple[Any, ...], ...] = ()
    before: Mapping[str, Any] | None = None

    @property
    def natural_key(self) -> str:
        """The identity of the effect on the platform: kind, moniker, and for items the segment and identities."""
        parts = [self.address.kind, self.moniker]
        if self.segment:
            parts += [self.segment, *("/".join(map(str, item)) for item in self.items)]
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform's answer to a step that succeeded: the id of what was created, and the HTTP status."""

    remote_id: str | None = None
    status: int = 200


class SimReading(Protocol):
    """The SIMs of the account, to be read. Every method may raise a `ControlPlaneError`."""

    def pages(self, *, known: bool) -> Iterator[Sequence[Live]]:
        """Every SIM, page by page; `known`: with name, reference, tags and lock. `IncompleteRead` at the end (I10)."""

    def key_values(self, iccid: str) -> dict[str, str]:
        """The key values of one SIM."""


class AccountReading(Protocol):
    """The part of the platform that planning asks: it changes nothing."""

    @property
    def sims(self) -> SimReading:
        """The SIMs of the account."""

    def snapshot(self, kinds: Sequence[str] | None = None, /) -> Snapshot:
        """Everything of the given kinds (default: all), completely, or `IncompleteRead` (I10)."""

    def read(self, kind: str, key: str, /) -> Observed | None:
        """One object by id or moniker with its sub-collections; None when the platform says that it is not there."""


class SimControl(SimReading, Protocol):
    """The SIMs of the account. Every method may raise a `ControlPlaneError`; writes are sent once."""

    @property
    def has_bulk(self) -> bool:
        """Whether many SIMs can be assigned in one request."""

    @property
    def has_bulk_states(self) -> bool:
        """Whether the state of many SIMs can be set in one request."""

    def until(self, stop: threading.Event) -> "SimControl":
        """The same SIMs for a run that may be asked to stop: from then on every request raises `Stopped` instead."""

    def find(self, key: str) -> Live | None:
        """One SIM by ICCID, or None."""

    def assign(self, group: str, iccids: Sequence[str]) -> None:
        """Put SIMs into a primary group."""

    def set_state(self, state: str, iccids: Sequence[str]) -> None:
        """Suspend, resume (``active``) or terminate SIMs."""

    def activate(self, iccid: str, code: SecretRef) -> None:
        """Take a SIM into the account."""

    def edit(self, iccid: str, values: Mapping[str, Any]) -> None:
        """Write settings of one SIM; what is not named stays, None clears."""


class ControlPlane(Protocol):
    """
    The platform.

    Every method may raise a `ControlPlaneError`; reads are retried inside, writes never are. Implementations are
    thread-safe.
    """

    @property
    def sims(self) -> SimControl:
        """The SIMs of the account."""

    def account(self) -> Account:
        """The account that the token belongs to. Raises `Unauthorised` when the token is not accepted."""

    def snapshot(self, kinds: Sequence[str] | None = None, *, keep: bool = False) -> Snapshot:
        """
        Everything of the given kinds (default: all), completely, or `IncompleteRead` (I10).

        `keep`: each object keeps the answer that it was made from, for the values that are not managed here.
        """

    def word_list(self, name: str) -> WordList:
        """One of the platform's own lists; one that is absent or cannot be read says why, and is no error."""

    def read_many(self, kind: str, keys: Collection[str]) -> Mapping[str, Observed]:
        """
        Those of these objects that are there, by the id or moniker that was asked for, out of one complete list.

        An object of it is no base for an UPDATE. Raises `IncompleteRead` (I10).
        """

    def read(self, kind: str, key: str) -> Observed | None:
        """One object by id or moniker with its sub-collections; None when the platform says that it is not there."""

    def send(self, step: Step, current: Observed | None) -> Receipt:
        """
        Send one step, once.

        `current` is a fresh read of the object (None for CREATE): an UPDATE writes the managed
        fields over it and carries everything else along.

        Raises `Unreachable` and `Throttled` when it was certainly not executed, `OutcomeUnknown` when it may have
        been, `Rejected` when the platform refused.
        """
