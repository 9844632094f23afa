"""Which secrets a plan takes: all that its requests carry, and no others."""

from reconciler.model.address import Address
from reconciler.model.resource import Estate, Lifecycle, Resource
from reconciler.model.secret import SecretRef
from reconciler.plan.needed_secrets import needed_secrets
from reconciler.plan.roster import RosterPlan
from tests.laws import paper

HOOK = Resource(
    Address("EventHandler", "fleet-hook"),
    {"webhook": {"url": "https://hooks.example/x", "bearerToken": {"secretRef": {"env": "FIRST"}}}},
)


def test_an_object_that_is_written_needs_its_secrets() -> None:
    """A URL that counts as secret is there in the manifest; what is referred to is needed, and said for what."""
    plan = paper.plan(Estate([HOOK]), paper.snapshot([]), paper.inventory([]))

    assert needed_secrets(plan) == {SecretRef(env="FIRST"): "EventHandler/fleet-hook"}


def test_what_is_deleted_or_only_remembered_needs_none() -> None:
    """Neither a deletion nor a change of what the inventory remembers carries a secret."""
    gone = paper.plan_of(Estate([HOOK]), Estate([]))
    marked = paper.plan_of(Estate([HOOK]), Estate([HOOK._replace(lifecycle=Lifecycle(protect=True))]))

    assert len(gone.changes) == len(marked.changes) == 1
    assert needed_secrets(gone) == needed_secrets(marked) == {}


def test_an_activation_needs_its_code() -> None:
    """The code of each SIM that is put into service."""
    roster = RosterPlan(activation={"8988228000000000012": {"secretRef": {"file": "codes/one"}}})
    plan = paper.plan_of(Estate([]), Estate([]))

    found = needed_secrets(type(plan)(plan.basis, roster=roster))

    assert found == {SecretRef(file="codes/one"): "the activation of 8988228000000000012"}
