"""Objections to a plan: an estate, account or store that it was not made for, and the verdicts over it."""

from dataclasses import replace

import pytest

from reconciler.model.address import Address
from reconciler.model.inventory import Inventory, Owned
from reconciler.model.snapshot import Account
from reconciler.plan.grounds import Grounds
from reconciler.plan.guards import structural_verdicts
from reconciler.plan.judging import with_verdicts
from reconciler.plan.limits import ALL_OFF, STANDARD, Guard
from reconciler.plan.plan import Basis, GuardResult, Verdict
from tests.unit.plan.plans import DIGEST, counting, plan

HERE = Account("https://one.example", "customer")
BASIS = Basis("0", HERE, "lineage", 7, DIGEST, DIGEST, "fleet")
FIRST = replace(BASIS, lineage=None, serial=0)
STORE = Inventory("lineage", {}, "customer", HERE.origin, 7, estate="fleet")
NET = Address("VSlice", "net")
FULL = replace(STORE, owned={NET: Owned(NET, "1", "net")})


def _said(basis: Basis, account: Account = HERE, inventory: Inventory = STORE, *, is_begun: bool = False) -> str | None:
    error = basis.objection_to(account, inventory, is_begun=is_begun)
    assert error is None or (error.exit_code == 4 and error.hint)
    return None if error is None else str(error)


def test_a_plan_is_for_one_estate_account_and_history_of_the_store() -> None:
    """Each difference is an error that names both sides (I16, F16, F22)."""
    embedded = Account("http://simulator.invalid/api/v1")
    assert [
        _said(replace(BASIS, estate="other")),
        _said(replace(BASIS, account=Account("https://two.example", "customer"))),
        _said(replace(BASIS, account=embedded)),
        _said(replace(BASIS, account=Account(HERE.origin, "other"))),
        _said(replace(BASIS, lineage="other")),
        _said(replace(BASIS, serial=8)),
        _said(FIRST, inventory=FULL),
    ] == [
        "the plan is of the estate other, not of fleet",
        "the plan was made for https://two.example, not for https://one.example",
        "the plan was made for the embedded simulator, not for https://one.example",
        "the plan is for the account other, the token is of customer",
        "the plan was made with another store",
        "the store is older than the plan (serial 7, the plan saw 8)",
        "the plan was made without a store, and there is one now that owns objects",
    ]


def test_a_plan_goes_with_what_it_was_made_from() -> None:
    """An older serial, an unknown identity and what the plan itself has made are no errors (A5)."""
    unknown = Account(HERE.origin)
    assert [
        _said(BASIS),
        _said(replace(BASIS, serial=6)),
        _said(replace(BASIS, account=unknown)),
        _said(BASIS, unknown),
        _said(FIRST),
        _said(FIRST, inventory=FULL, is_begun=True),
    ] == [None] * 6


def test_a_store_that_belongs_to_another_platform_or_account_takes_no_plan() -> None:
    """The pins of the store are compared too, whatever the plan says (F16)."""
    other, platform = "the store belongs to the account other, this token to customer", "https://two.example"
    assert [
        _said(BASIS, inventory=replace(STORE, pinned_account="other")),
        _said(BASIS, inventory=replace(STORE, pinned_origin=platform)),
        _said(BASIS, Account(HERE.origin), replace(STORE, pinned_account="other")),
        _said(BASIS, inventory=replace(STORE, pinned_account=None, pinned_origin=None)),
    ] == [other, f"the store belongs to the platform {platform}, not to {HERE.origin}", None, None]


def test_a_plan_for_another_account_than_the_stores_is_refused_by_a_guard() -> None:
    """The verdict in the plan file has the same words as the error."""
    made = replace(plan(), basis=BASIS, grounds=Grounds(pinned_account="other"))

    assert structural_verdicts(made) == (
        GuardResult(
            "account",
            Verdict.DENY,
            "the store belongs to the account other, this token to customer",
            "use the token of the right account, or another store",
        ),
    )


@pytest.mark.parametrize("allowed", [0, 1, 2, 3, 100])
def test_without_verdicts_exactly_the_allowed_number_of_sims_may_be_terminated(allowed: int) -> None:
    """One more or one fewer than the plan terminates is refused, with the number that is needed (S1)."""
    found = counting[Guard.TERMINATIONS](2).objections(allowed)

    assert [(result.guard, result.measured, result.next_step) for result in found] == (
        [] if allowed == 2 else [("terminations", 2, "if that is meant, add --allow terminations=2")]
    )


def test_the_verdicts_decide_where_there_are_some() -> None:
    """Limits that were held to a plan count, not the number that is allowed besides."""
    made = counting[Guard.TERMINATIONS](2)

    assert with_verdicts(made, ALL_OFF).objections() == ()
    assert [result.guard for result in with_verdicts(made, STANDARD).objections(2)] == ["terminations"]
    assert with_verdicts(made, STANDARD, {Guard.TERMINATIONS: 2}).objections() == ()


def test_a_plan_that_terminates_no_sim_needs_no_number() -> None:
    """Without refusals there is nothing to allow."""
    assert plan().objections() == ()
