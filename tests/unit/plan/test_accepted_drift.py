"""A live value that somebody brought into the manifests is no drift, and the inventory takes it over."""

from typing import Any

from reconciler.diffing.fields import FieldChange, FieldOperation
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.resource import Resource
from reconciler.plan.drifting import accepted_row, not_accepted
from reconciler.plan.plan import Drift

HOOK, NET = Address("EventHandler", "hook"), Address("VSlice", "net")
TOKEN = {"secretRef": {"env": "TOKEN"}}


def _edit(path: str) -> FieldChange:
    return FieldChange(path, FieldOperation.EDIT, "old", "new")


def _row(address: Address, applied: dict[str, Any]) -> Owned:
    return Owned(address, "id", address.name, last_applied=applied)


def test_a_field_that_is_declared_as_it_lives_is_no_drift() -> None:
    """Whole fields and members of blocks; an item of a list counts with its list."""
    kind = kind_named("EventHandler")
    wanted = {"displayName": "New", "webhook": {"url": "digest-1", "timeoutSeconds": 20}}
    seen = {"displayName": "New", "webhook": {"url": "digest-2", "timeoutSeconds": 20}}
    found = Drift(HOOK, (_edit("displayName"), _edit("webhook.timeoutSeconds"), _edit("webhook.url")))

    assert not_accepted(found, kind, wanted, seen) == Drift(HOOK, (_edit("webhook.url"),))
    assert not_accepted(Drift(HOOK, (_edit("displayName"),)), kind, wanted, seen) is None


def test_an_object_that_is_gone_is_drift_whatever_is_declared() -> None:
    """Nothing lives that could be as declared."""
    gone = Drift(NET, (), vanished=True)
    assert not_accepted(gone, kind_named("VSlice"), {"displayName": "Net"}, {"displayName": "Net"}) is gone


def test_the_inventory_takes_over_what_is_declared() -> None:
    """A row that says so already is left; fields that the manifest does not state stay."""
    declared = Resource(NET, {"displayName": "New", "subnets": ["100.64.0.0/16"]})
    applied = {"displayName": "Old", "subnets": ["100.64.0.0/16"], "apnPattern": "*.net"}

    made = accepted_row(_row(NET, applied), declared)

    assert made is not None
    assert made.last_applied == {"displayName": "New", "subnets": ["100.64.0.0/16"], "apnPattern": "*.net"}
    assert accepted_row(made, declared) is None


def test_a_secret_is_never_taken_over() -> None:
    """The row keeps what it has of a secret; a block whose secret it does not know is left as it is."""
    declared = Resource(HOOK, {"webhook": {"url": "https://new.example/x", "timeoutSeconds": 20, "bearerToken": TOKEN}})
    known = {"webhook": {"url": "hmac-sha256:1", "timeoutSeconds": 10, "bearerToken": TOKEN}}
    unknown = {"webhook": {"url": "hmac-sha256:1", "timeoutSeconds": 10}}

    made = accepted_row(_row(HOOK, known), declared)

    assert made is not None
    assert made.last_applied == {"webhook": {**known["webhook"], "timeoutSeconds": 20}}
    assert accepted_row(_row(HOOK, unknown), declared) is None
