"""Plans: made by reading the platform, or read from a file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.environment import uncollected
from reconciler.errors import SecretUnavailable
from reconciler.operations.estate import Estate
from reconciler.operations.planning import Planned
from reconciler.operations.portion import EVERYTHING, Portion
from reconciler.operations.revisions import base_manifests
from reconciler.operations.secrets import unavailable
from reconciler.operations.session import opened
from reconciler.plan.judging import with_verdicts
from reconciler.plan.plan_difference import since
from reconciler.plan.planfile import load

if TYPE_CHECKING:
    from reconciler.control_plane.sim_writes import Write


def plan(
    estate: Estate,
    *,
    paths: Sequence[str] = (),
    prunes: bool = False,
    adopting: bool = False,
    base: str | None = None,
    selection: Portion = EVERYTHING,
) -> Planned:
    """
    The plan: every change, and how many SIMs it touches. Nothing is changed.

    With `paths` only these manifests are considered, and everything else stays as it is unless the plan `prunes`.
    `adopting`: what is declared and exists becomes ours. With the Git revision `base` the plan says whose each change
    is. A plan that a guard refuses is returned all the same.
    """
    with (
        uncollected(),
        base_manifests(estate, base) as manifests,
        opened(estate, paths=paths, selection=selection) as session,
    ):
        return session.plan(prunes=prunes, adopting=adopting, base=manifests)


def since_plan(estate: Estate, planned: Planned, file: Path | None) -> tuple[str, ...]:
    """How a plan differs from the one of a file, judged under the same limits; nothing without a file."""
    return () if file is None else since(show(estate, file).plan, planned.plan)


def missing_secrets(estate: Estate, planned: Planned, *, is_silent: bool) -> SecretUnavailable | None:
    """The error of missing secrets, in CI or where a plan `is_silent`: no person would read a warning there."""
    return unavailable(planned.plan) if estate.is_in_ci or is_silent else None


def load_plan(file: Path) -> Planned:
    """The plan of a file; `PlanFileError` when it was altered."""
    return Planned(*load(file))


def sim_requests(planned: Planned) -> "Iterator[Write]":
    """The requests on SIMs that a plan means, as long as everything is as it saw it."""
    from reconciler.apply.sims.calls import sim_calls

    return sim_calls(planned.plan.roster)


def show(estate: Estate, file: Path) -> Planned:
    """The plan of a file with the verdicts of the guards under the limits that hold here."""
    planned = load_plan(file)
    policy = estate.policy()
    limits = policy.limits.over(estate.configuration().guardrails)
    return Planned(with_verdicts(planned.plan, limits, estate.consents, estate.waivers(policy)), planned.digest)
