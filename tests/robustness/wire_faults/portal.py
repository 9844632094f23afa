"""Somebody at the portal of an embedded platform, and the desk of one who plans and applies beside them."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.apply.goal import Goal
from reconciler.apply.objects.steps import deletion_steps, steps_to
from reconciler.control_plane.port import Step, Verb
from reconciler.control_plane.rest import RestControlPlane
from reconciler.control_plane.transport import IN_PROCESS_ORIGIN, Transport
from reconciler.diffing.canonical import created, with_secrets
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.resource import Resource, Spec
from reconciler.model.secret import SecretRef
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.plan.plan import Plan
from reconciler.store.store import Store
from tests.robustness.faults.house import House, undisturbed

_REASON = Reason(ReasonCode.CHANGED, "somebody wanted it")


class NotTaken(Exception):
    """The platform accepted an edit and did not do it, or there was nothing to do."""


class _AnySecret(dict[str, str]):
    """Every secret is known: its own name."""

    def __missing__(self, name: str) -> str:
        return f"https://secret.example/{name}"

    def get(self, name: str, _default: Any = None) -> Any:
        """As `[]`."""
        return self[name]


@dataclass
class Desk:
    """A house whose platform and store can be put back to where they were, and a way round it to the platform."""

    house: House
    portal: RestControlPlane
    kept: dict[str, tuple[bytes, Path]] = field(default_factory=dict)
    begun: str = ""
    is_dirty: bool = True

    @classmethod
    def opened(cls, root: Path) -> "Desk":
        """A new one in an empty folder; every secret is known."""
        root.mkdir(parents=True, exist_ok=True)
        return cls.of(House(root, secrets=_AnySecret()))

    @classmethod
    def of(cls, house: House) -> "Desk":
        """The desk of a house."""
        return cls(house, _plane(house, house.simulator.wsgi))

    def close(self) -> None:
        """Give everything back."""
        self.house.store.close()
        self.house.simulator.close()

    def keep(self, name: str) -> None:
        """Remember how everything is."""
        self.house.store.close()
        place = self.house.root / f"kept {name}"
        shutil.copytree(self.house.root / ".reconciler", place)
        self.house.simulator.clear_log()
        self.kept[name] = (self.house.simulator.database.serialize(), place)
        self._open()

    def restore_platform(self, name: str) -> None:
        """Make the platform as it was."""
        self.house.before_request = undisturbed
        self.house.simulator.database.deserialize(self.kept[name][0])

    def restore(self, name: str) -> None:
        """Make everything as it was; the store only if it may be another one."""
        place = self.kept[name][1]
        self.restore_platform(name)
        if self.begun == name and not self.is_dirty:
            return
        self.begun, self.is_dirty = name, True
        self.house.store.close()
        shutil.rmtree(self.house.root / ".reconciler")
        shutil.copytree(place, self.house.root / ".reconciler")
        self._open()

    def _open(self) -> None:
        house = self.house
        house.store = Store.open(house.location, estate="estate", create=False, environment=house.environment)
        house.control_plane = _plane(house, house._wsgi)

    def must(self, plan: Plan) -> None:
        """Apply what has to succeed."""
        report = self.house.apply(plan)
        assert report.exit_code == 0, report

    def live(self, address: Address) -> Observed | None:
        """The object as it is on the platform."""
        return self.portal.read(address.kind, address.name)

    def seen(self, address: Address) -> Spec | None:
        """The object as the platform has it."""
        live = self.live(address)
        return None if live is None else live.spec

    def edit(self, one: Resource) -> None:
        """Make the object as somebody wants it, with the requests that the portal would send."""
        if not self._brought_to(one):
            raise NotTaken

    def remove(self, address: Address) -> None:
        """Delete the object."""
        live = self._there(address)
        change = Change(
            address, Action.DELETE, live.spec, None, _REASON, remote_id=live.remote_id, live_moniker=address.name
        )
        for step in deletion_steps(Goal(change, {}, self.house.digest).sighting(live)):
            self.portal.send(step, live)

    def create(self, one: Resource) -> None:
        """Make a new object."""
        kind = kind_named(one.address.kind)
        self.portal.send(
            Step(Verb.CREATE, one.address, one.address.name, spec=created(kind, one.address.name, one.spec)), None
        )
        # Items that the body of a creation does not carry.
        self._brought_to(one)

    def _brought_to(self, one: Resource) -> bool:
        """Send what is missing; whether there was anything."""
        live, digests = self._there(one.address), {}

        def note(path: str, value: Any) -> Any:
            reference = SecretRef.of(value)
            digests[path] = self.house.digest(self.house.secrets[str(reference.env)] if reference else str(value))
            return value

        with_secrets(kind_named(one.address.kind), one.spec, note)
        change = Change(
            one.address, Action.UPDATE, live.spec, one.spec, _REASON,
            remote_id=live.remote_id, live_moniker=live.address.name, secret_digests=digests,
        )  # fmt: skip
        steps = steps_to(Goal(change, {}, self.house.digest).sighting(live))
        for step in steps:
            self.portal.send(step, live)
        return bool(steps)

    def recreate(self, one: Resource) -> None:
        """Make another object of the name, which then has another id."""
        former = self.live(one.address)
        if former is not None:
            self.remove(one.address)
        self.create(one)
        assert former is None or self._there(one.address).remote_id != former.remote_id

    def at_the_call(self, address: Address, key: str, act: Callable[[], None]) -> list[str]:
        """
        Let something happen when this object is read the next time by itself: after the preflight, before the call.

        The list has a word as soon as it happened.
        """
        happened: list[str] = []
        place = f"/{kind_named(address.kind).wire.collection}/{key}".lower()

        def meddle(method: str, path: str) -> None:
            if method == "GET" and path.lower().endswith(place):
                self.house.before_request = undisturbed
                assert self.house.mutations() == []
                act()
                happened.append(path)

        self.house.before_request = meddle
        return happened

    def _there(self, address: Address) -> Observed:
        live = self.live(address)
        if live is None:
            raise NotTaken
        return live


def _plane(house: House, wsgi: Any) -> RestControlPlane:
    def resolve(reference: SecretRef) -> str:
        return house.secrets[str(reference.env)]

    return RestControlPlane(
        Transport(IN_PROCESS_ORIGIN, "token", wsgi=wsgi),
        digest=house.digest,
        resolve=resolve,
        sleep=house.clock.sleep,
        jitter=lambda: 0.5,
    )
