"""The manifests of the base revision: read from Git into a folder of their own, and compared under the same reading."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from reconciler.diffing.rosters import RosterDifference, RosterSide
from reconciler.kinds import kind_named
from reconciler.manifests.declarations import Loaded
from reconciler.model.resource import Resources
from reconciler.model.roster import Roster
from reconciler.operations.validate import check
from reconciler.plan.matching import group_renames
from reconciler.plan.plan import Plan
from reconciler.plan.planner import make_plan
from reconciler.plan.provenance import shared_objects, shared_sims
from reconciler.plan.revision_facts import RevisionFacts
from reconciler.plan.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.operations.estate import Estate

_LONGEST_PROBLEM = 300


@dataclass(frozen=True, slots=True)
class BaseManifests:
    """The manifests of a revision; `loaded` is None, with the `problem`, where they are invalid there."""

    revision: str
    commit: str
    loaded: Loaded | None
    problem: str | None = None

    @property
    def roster(self) -> Roster | None:
        """The SIMs that the base lists."""
        return None if self.loaded is None else self.loaded.roster

    @property
    def objects(self) -> Resources:
        """The objects that the base declares, without its lists of SIMs."""
        declared = () if self.loaded is None else self.loaded.built.estate.values()
        return Resources(r for r in declared if not kind_named(r.address.kind).is_roster)


@contextmanager
def base_manifests(estate: "Estate", name: str | None) -> "Iterator[BaseManifests | None]":
    """
    The manifests of a revision, while the block lasts; None without a name.

    Raises `UsageError` where the revision cannot be found, and `InvalidManifests` for links and submodules in it.
    """
    if name is None:
        yield None
        return
    from reconciler.manifests.revision import lay_out, revision_of

    revision = revision_of(estate.existing_root(), name, estate.environment.variables)
    with TemporaryDirectory(prefix="reconciler-base-") as folder:
        root = Path(folder) / (estate.root.resolve().name or "estate")
        root.mkdir()
        lay_out(revision, root)
        found = check(root, remember=False)
        if found.has_errors:
            first = next(one for one in found.diagnostics if one.span is not None or one.detail)
            place = f"{first.span.file}:{first.span.line}: " if first.span is not None else ""
            problem = f"the manifests of {name} are invalid there: {place}{first.detail}"[:_LONGEST_PROBLEM]
            yield BaseManifests(name, revision.commit, None, problem)
        else:
            yield BaseManifests(name, revision.commit, found.loaded)


def asked_by(base: BaseManifests, situation: Situation) -> RosterSide | None:
    """The desired SIMs of the base, to be compared in the same reading; None where it says nothing of SIMs."""
    if base.loaded is None or base.roster is None:
        return None
    renames = group_renames(base.objects, situation.snapshot, situation.inventory)
    scope = base.loaded.configuration.scope
    return RosterSide(base.roster, renames, scope if scope.is_of_sims else None)


def with_revision(
    plan: Plan,
    base: BaseManifests,
    situation: Situation,
    difference: RosterDifference | None,
    *,
    is_as_applied: Callable[[Loaded], bool],
) -> Plan:
    """
    The plan with the part of it that the base asks for as well, under the reading of `situation`.

    `difference` is how the SIMs differ from those of the base; `is_as_applied`: SIMs were last made as these say.
    """
    facts = RevisionFacts(revision=base.revision, commit=base.commit, problem=base.problem)
    if base.loaded is None:
        return replace(plan, revision=facts)
    theirs = make_plan(
        replace(
            situation,
            estate=base.objects,
            roster=base.roster if difference is not None else None,
            difference=difference,
            where=lambda _address, _path: None,
            scope=base.loaded.configuration.scope,
            let_go=frozenset(base.loaded.configuration.removed),
            consideration=None,
            is_partial=False,
            prunes=False,
        )
    )
    facts = replace(
        facts,
        objects=shared_objects(plan, theirs),
        sims=shared_sims(plan.roster, theirs.roster),
        has_applied_sims=is_as_applied(base.loaded),
        unlisted=_unlisted(base.roster, situation.roster, plan),
    )
    return replace(plan, revision=facts)


def _unlisted(base: Roster | None, roster: Roster | None, plan: Plan) -> dict[str, int]:
    """The SIMs of lists that are no longer declared which no list has, and to which nothing happens."""
    if base is None:
        return {}
    kept = {one.address for one in roster.sets} if roster is not None else set()
    gone = {number: one.address for number, one in enumerate(base.sets) if one.address not in kept}
    if not gone:
        return {}
    listed = roster.members if roster is not None else {}
    changed = {int(iccid) for change in plan.roster.changes for iccid in change.iccids}
    found: dict[str, int] = dict.fromkeys(sorted(gone.values()), 0)
    for iccid, number in base.members.items():
        if number in gone and iccid not in listed and iccid not in changed:
            found[gone[number]] += 1
    return {address: count for address, count in found.items() if count}
