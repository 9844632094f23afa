"""Messages of an apply while it goes on, and how far it has come when it ends before its time."""

import pytest

from reconciler.model.address import Address
from reconciler.model.snapshot import Account
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.plan.outcomes import (
    ApplyReport,
    Failed,
    Outcome,
    SimsAdvanced,
    SimsReport,
    Skipped,
    Started,
    Succeeded,
    Unknown,
)
from reconciler.plan.plan import Basis, Plan
from reconciler.plan.roster import NO_ROSTER, RosterAction, RosterChange, RosterPlan
from reconciler.reports.progress import Progress, Tally, how_to_go_on, summary

DIGEST = f"sha256:{'0' * 64}"
BASIS = Basis("0", Account("https://platform.example", "account"), "lineage", 3, DIGEST, DIGEST, "estate")
ONE, TWO, THREE, FOUR = (Address("VSlice", name) for name in ("one", "two", "three", "four"))
MOVE = RosterChange(
    action=RosterAction.MOVE, address="SimSet/s", source="a", target="b", iccids=("8988228000000000012",)
)
WITH_SIMS = RosterPlan(changes=(MOVE,))


def _plan(*addresses: Address, roster: RosterPlan = NO_ROSTER) -> Plan:
    changes = (Change(address, Action.CREATE, None, {}, Reason(ReasonCode.DECLARED, "new")) for address in addresses)
    return Plan(BASIS, changes=tuple(changes), roster=roster)


def _tally(plan: Plan, *events: Outcome | SimsAdvanced) -> Tally:
    tally = Tally(plan)
    for event in events:
        tally.note(event)
    return tally


def _said(total: int, *outcomes: Outcome) -> list[str]:
    said: list[str] = []
    progress = Progress(total, say=said.append)
    for outcome in outcomes:
        progress.note(outcome)
    return said


def test_a_hundred_per_cent_are_changes_that_were_made() -> None:
    """A change that is unknown or was skipped is no progress."""
    said = _said(
        3,
        Unknown(ONE, Action.CREATE, "no answer"),
        Skipped(TWO, Action.CREATE, "the run broke off"),
        Succeeded(THREE, Action.CREATE),
    )

    assert said == ["[1/3] VSlice/one: UNKNOWN: no answer", " 33 %  1 of 3 changes"]


def test_what_was_never_begun_is_listed_once() -> None:
    """The progress leaves it to the summary."""
    skipped = Skipped(ONE, Action.CREATE, "the run was interrupted")

    assert _said(1, skipped) == []
    assert summary(ApplyReport(skipped=(skipped,))).count("VSlice/one") == 1


def test_a_run_of_sims_alone_does_not_speak_of_changes() -> None:
    """`0 done` would read as if nothing had happened."""
    assert summary(ApplyReport(sims=SimsReport(done=1204))) == "Apply complete.\nSIMs: 1,204 done."
    assert summary(ApplyReport()) == "Apply complete: 0 done."


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (ApplyReport(interrupted=True), "hint: nothing is lost; go on with `reconciler apply`."),
        (
            ApplyReport(interrupted=True, failed=(Failed(ONE, Action.CREATE, "no"),)),
            "hint: nothing is lost; mend what failed and run `reconciler apply` again.",
        ),
        (
            ApplyReport(interrupted=True, sims=SimsReport(refused=(("8988228000000000012", "no"),))),
            "hint: nothing is lost; mend what failed and run `reconciler apply` again.",
        ),
        (
            ApplyReport(fenced="the lock is gone"),
            "error: the lock is gone\nhint: run `reconciler apply` again when the other run has ended.",
        ),
    ],
)
def test_the_way_on_fits_what_happened(report: ApplyReport, words: str) -> None:
    """Nothing is to be mended where nothing failed, and a lock that was lost is an error."""
    assert how_to_go_on(report) == words


def test_the_last_words_count_what_is_known() -> None:
    """Done, not made, under way, not begun; and SIMs, as far as they say something."""
    begun: list[Outcome] = [Started(address, Action.CREATE) for address in (ONE, TWO, THREE)]
    ends: list[Outcome] = [Succeeded(ONE, Action.CREATE), Failed(TWO, Action.CREATE, "no")]
    counted, hint = _tally(_plan(ONE, TWO, THREE, FOUR), *begun, *ends).ended_at_once().splitlines()

    assert counted.startswith("Ended at once: 1 done, 1 not made, 1 under way, 1 not begun. The next run finds out")
    assert "reconciler recover" in hint

    counted, hint = _tally(_plan(roster=WITH_SIMS), SimsAdvanced(3, 10)).ended_at_once().splitlines()
    assert counted.startswith("Ended at once: SIMs: 3 of 10 dealt with, up to 7 under way or not begun.")
    assert "reconciler recover" in hint


def test_the_last_words_before_anything_began_send_to_apply() -> None:
    """There is nothing to find out about then."""
    assert _tally(_plan(ONE, roster=WITH_SIMS)).ended_at_once() == (
        "Ended at once: 0 done, 1 not begun; SIMs: not begun.\nhint: go on with `reconciler apply`."
    )


def test_a_run_that_broke_off_has_a_summary_of_every_change() -> None:
    """A change that began and did not end is unknown; one that did not begin is skipped."""
    text = _tally(
        _plan(ONE, TWO, THREE),
        Started(ONE, Action.CREATE),
        Started(TWO, Action.CREATE),
        Succeeded(ONE, Action.CREATE),
    ).broken_off()

    assert text.splitlines() == [
        "Apply not complete: 1 done, 1 skipped, 1 unknown.",
        "  VSlice/two: UNKNOWN: it was broken off; what became of it is found out by the next run",
        "  VSlice/three: skipped because the run broke off",
    ]


def test_a_run_that_broke_off_among_sims_says_how_far_it_came() -> None:
    """It is not complete, whatever became of the objects."""
    tally = _tally(_plan(ONE, roster=WITH_SIMS), Succeeded(ONE, Action.CREATE))
    assert tally.has_begun
    assert tally.broken_off() == "Apply not complete: 1 done.\nSIMs: not begun."

    tally.note(SimsAdvanced(1200, 5000))
    assert tally.broken_off() == (
        "Apply not complete: 1 done.\n"
        "SIMs: 1,200 of 5,000 dealt with, up to 3,800 under way or not begun; the next apply reads first where each of "
        "them is."
    )
