"""The first screen: five answers, in their order, wherever the danger is, in every format."""

import os
import random
from dataclasses import replace

import pytest

from reconciler.model.address import Address
from reconciler.plan.planfile import digest_of
from reconciler.plan.provenance import Provenance
from reconciler.plan.revision_facts import RevisionFacts
from reconciler.reports.first_screen import QUESTIONS
from reconciler.reports.plan_markdown import render as as_markdown
from reconciler.reports.plan_text import render as as_text
from reconciler.reports.plan_view import PlanView
from reconciler.reports.status_text import LONGEST, status
from reconciler.reports.viewing import view_of
from tests.features.reports.drawn_plans import PREPARED, DrawnPlan, names

DRAWN = int(os.environ.get("RECONCILER_DRAWN_PLANS", "60"))
SEED = int(os.environ.get("RECONCILER_SEED", "12"))
_FIRST_CHARACTERS, _FIRST_LINES = 1_500, 25


def _expected(drawn: DrawnPlan) -> tuple[str, str, list[str], list[str]]:
    """Verdict, SIMs, and what has to be named as irreversible and as deleted or replaced."""
    ending = "SIM" if drawn.terminated == 1 else "SIMs"
    irreversible = [f"{drawn.terminated:,} {ending} terminated"] if drawn.terminated else ["nothing"]
    destroyed = [f"{count:,} {what}" for what, count in drawn.destroyed.items()] or ["nothing"]
    return drawn.going, f"{drawn.touched:,} of {drawn.sims:,}", irreversible, destroyed


def _answers(lines: list[str]) -> list[str]:
    """The lines of the five questions, which must come in their order."""
    found = [line for line in lines if any(question in line for question in QUESTIONS)]
    assert [question for question in QUESTIONS if any(question in line for line in found)] == list(QUESTIONS)
    assert [next(question for question in QUESTIONS if question in line) for line in found] == list(QUESTIONS)
    return found


def _check(drawn: DrawnPlan) -> None:
    view = drawn.view()
    going, sims, irreversible, destroyed = _expected(drawn)
    for lines in (as_text(view).splitlines()[:_FIRST_LINES], as_markdown(view)[:_FIRST_CHARACTERS].splitlines()):
        first, second, third, fourth, fifth = _answers(lines)
        assert going in first
        assert drawn.worst in first
        assert sims in second
        assert [part for part in irreversible if part not in third] == []
        assert [part for part in destroyed if part not in fourth] == []
        assert "not determined" in fifth
    line = status(view)
    more = f" +{drawn.objecting - 1}" if drawn.objecting > 1 else ""
    verdict = f"{going} {drawn.worst}{more}" if drawn.worst else going
    ended = sum(drawn.destroyed.values())
    assert line == (
        f"{verdict} · {drawn.touched}/{drawn.sims} SIMs · irreversible {drawn.terminated} · "
        f"deleted+replaced {ended} · mine ?"
    )


def _is_large(name: str) -> bool:
    return "48,000" in name


@pytest.mark.parametrize("name", [name for name in PREPARED if not _is_large(name)])
def test_the_five_answers_of_a_prepared_plan_are_on_the_first_screen(name: str) -> None:
    """In the first 25 lines of text and the first 1,500 characters of Markdown, and as counts in the status."""
    _check(PREPARED[name]())


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PREPARED if _is_large(name)])
def test_a_danger_among_many_harmless_changes_is_on_the_first_screen(name: str) -> None:
    """One danger in 48,000 changes is told as if it were alone."""
    _check(PREPARED[name]())


def _drawn(chance: random.Random) -> DrawnPlan:
    """A plan with some dangers at random places among harmless changes."""
    drawn = DrawnPlan().harmless(chance.choice([0, 1, 5, 60, 300]), alike=chance.random() < 0.3)
    if chance.random() < 0.5:
        drawn.delete(names("gone", chance.choice([1, 3, 4, 20])))
    if chance.random() < 0.3:
        drawn.delete(names("holy", chance.choice([1, 2])), kind="VSlice", protect=True)
    if chance.random() < 0.4:
        drawn.replace(names("target", chance.choice([1, 3, 5])))
    if chance.random() < 0.3:
        drawn.terminate(chance.choice([1, 2, 300]))
    elif chance.random() < 0.4:
        drawn.move(chance.choice([1, 500, 501]))
    if chance.random() < 0.4 and not drawn.actions:
        drawn.touch()
    return drawn.create(names("new", chance.choice([0, 2, 30]))).shuffled(chance)


@pytest.mark.parametrize("number", range(DRAWN))
def test_the_five_answers_follow_from_how_a_plan_was_made(number: int) -> None:
    """The dangers are drawn, and so are their places."""
    _check(_drawn(random.Random(f"{SEED} {number}")))


def _against(drawn: DrawnPlan, objects: list[str], **sims: tuple[str, ...]) -> PlanView:
    """The view of a plan that was compared with a base, whose plan has these changes as well."""
    shared = tuple(sorted(map(Address.parse, objects)))
    facts = RevisionFacts(revision="main", commit="0" * 40, objects=shared, sims=sims)
    plan = replace(drawn.plan(), revision=facts)
    return view_of(plan, digest_of(plan))


def test_the_status_has_at_most_140_characters_for_the_largest_numbers() -> None:
    """Ten million SIMs, changes and deletions, and the guard with the longest name."""
    drawn = DrawnPlan(sims=10_000_000)
    drawn.touch(groups=1, each=9_999_997).terminate(3).delete(names("gone", 5)).delete(["holy"], protect=True)

    line = status(_against(drawn, ["RoutingPolicy/fleet-route", "OperatorPolicy/gone-0"]))

    assert line.endswith("mine 8/10")
    assert "10000000/10000000" in line
    longest = line.replace("protect", "p" * 20).replace("irreversible 3", "irreversible 10000000")
    longest = longest.replace("deleted+replaced 6", "deleted+replaced 10000000").replace("8/10", "10000000/10000000")
    assert len(longest) <= LONGEST


def test_changes_are_counted_by_their_cause() -> None:
    """The counts of the causes add up to those of the plan."""
    drawn = DrawnPlan().harmless(3).terminate(2)

    view = _against(drawn, ["OperatorPolicy/calm-0"], terminate=(drawn.actions[0].iccids[0],))

    assert view.answers.origins == {Provenance.CHANGE_SET: 3, Provenance.PENDING: 2}
    assert view.answers.changes == 5
    line = next(line for line in as_text(view).splitlines() if line.startswith("Is it mine?"))
    assert "3 of 5 changes by this change set, 2 already pending on the base" in line
