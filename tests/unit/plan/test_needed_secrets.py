"""Which secrets a plan takes: all that its requests carry, and no others."""

from dataclasses import replace

from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.resource import Lifecycle, Resource, Resources
from reconciler.model.secret import SecretRef
from reconciler.plan.needed_secrets import missing_codes, needed_secrets, secret_digests, uncompared
from reconciler.plan.not_compared import Uncompared
from reconciler.plan.planfile import decode, encode
from reconciler.plan.roster import RosterPlan
from tests.laws import paper

ICCID = "8988228000000000012"
HOOK = Resource(
    Address("EventHandler", "fleet-hook"),
    {"webhook": {"url": "https://hooks.example/x", "bearerToken": {"secretRef": {"env": "FIRST"}}}},
)


def test_an_object_that_is_written_needs_its_secrets() -> None:
    """A URL that counts as secret is there in the manifest; what is referred to is needed, and said for what."""
    plan = paper.plan(Resources([HOOK]), paper.snapshot([]), paper.inventory([]))

    assert needed_secrets(plan) == {SecretRef(env="FIRST"): "EventHandler/fleet-hook"}


def test_what_is_deleted_or_only_remembered_needs_none() -> None:
    """Neither a deletion nor a change of what the inventory remembers carries a secret."""
    gone = paper.plan_of(Resources([HOOK]), Resources([]))
    marked = paper.plan_of(Resources([HOOK]), Resources([HOOK._replace(lifecycle=Lifecycle(protect=True))]))

    assert len(gone.changes) == len(marked.changes) == 1
    assert needed_secrets(gone) == needed_secrets(marked) == {}


def test_an_activation_needs_its_code() -> None:
    """The code of each SIM that is put into service."""
    roster = RosterPlan(activation={ICCID: {"secretRef": {"file": "codes/one"}}})
    plan = paper.plan_of(Resources([]), Resources([]))

    found = needed_secrets(type(plan)(plan.basis, roster=roster))

    assert found == {SecretRef(file="codes/one"): "the activation of 8988228000000000012"}


URL, TOKEN = "webhook.url", "webhook.bearerToken"


def test_a_secret_of_a_new_object_counts_when_it_is_missing() -> None:
    """There is nothing to compare it with; a URL in the manifest is there."""
    missing = Uncompared(HOOK.address, TOKEN, SecretRef(env="FIRST"), is_missing=True)

    assert list(uncompared(HOOK, None, {}, lambda _: True)) == []
    assert list(uncompared(HOOK, None, {}, lambda _: False)) == [missing]


def test_a_secret_of_a_live_object_counts_unless_it_was_compared() -> None:
    """Without a key neither the URL nor the token is compared; what the platform does not have differs anyway."""
    both = {"webhook": {"url": "sealed", "bearerToken": "sealed"}}
    by_url = Uncompared(HOOK.address, URL, None, is_missing=False)
    by_token = Uncompared(HOOK.address, TOKEN, SecretRef(env="FIRST"), is_missing=False)

    assert list(uncompared(HOOK, both, {}, lambda _: True)) == [by_url, by_token]
    assert list(uncompared(HOOK, {"webhook": {"url": "sealed"}}, {}, lambda _: True)) == [by_url]
    assert list(uncompared(HOOK, both, {URL: "a digest", TOKEN: "a digest"}, lambda _: True)) == []


def test_the_digests_of_a_spec_are_of_the_secrets_that_are_there() -> None:
    """By dotted path; one that leads to nothing here has none, and neither has a field that is not stated."""
    kind = kind_named("EventHandler")

    found = secret_digests(kind, HOOK.spec, lambda value: f"digest of {value}" if isinstance(value, str) else None)

    assert found == {URL: "digest of https://hooks.example/x"}


def test_an_activation_code_counts_when_it_is_missing() -> None:
    """The plan sends it, and nobody can say whether it is right."""
    roster = RosterPlan(activation={ICCID: {"secretRef": {"file": "codes/one"}}})
    missing = Uncompared(Address("Endpoint", ICCID), "activationCode", SecretRef(file="codes/one"), is_missing=True)

    assert list(missing_codes(roster, lambda _: True)) == []
    assert list(missing_codes(roster, lambda _: False)) == [missing]


def test_a_plan_file_keeps_what_was_not_compared() -> None:
    """Each with its reference, which may be a variable, a file, or the manifest itself."""
    kept = tuple(
        Uncompared(HOOK.address, TOKEN, reference, is_missing=reference is not None)
        for reference in (SecretRef(env="FIRST"), SecretRef(file="secrets/first"), None)
    )
    plan = replace(paper.plan(Resources([HOOK]), paper.snapshot([]), paper.inventory([])), uncompared=kept)

    assert decode(encode(plan), "a plan")[0].uncompared == kept
