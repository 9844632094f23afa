"""Whose each change of a plan is, and what the plan leaves out, as text and as JSON values."""

from collections.abc import Iterator
from typing import Any

from reconciler.plan.effect import effect_digest
from reconciler.plan.plan import Plan
from reconciler.plan.provenance import (
    Provenance,
    edit_provenances,
    provenance_counts,
    provenances,
    sims_by_provenance,
)
from reconciler.reports.diagnostics import escaped
from reconciler.reports.style import Paint, plain

TITLES = {
    Provenance.CHANGE_SET: "by this change set",
    Provenance.PENDING: "already pending on the base",
    Provenance.DRIFT: "drift: it puts back what was changed on the platform",
    Provenance.RELEASED: "released: nothing is sent, and the live values stay",
    Provenance.NOT_DETERMINED: "not determined",
}
_MOST_NAMED = 10


def provenance_blocks(plan: Plan, paint: Paint = plain) -> Iterator[str]:
    """The groups of changes by whose they are; nothing where no base was named."""
    facts = plan.revision
    if facts is None:
        return
    lines = [paint(f"Whose change it is, against {escaped(facts.revision)} ({facts.commit[:12]})", "strong")]
    lines.append(f"  {effect_digest(plan)}")
    if facts.problem is not None:
        lines.append(f"  not determined: {escaped(facts.problem)}")
    named: dict[Provenance, list[str]] = {}
    for change, whose in zip(plan.changes, provenances(plan), strict=True):
        named.setdefault(whose, []).append(f"{change.action.symbol:>3} {escaped(str(change.address))}")
    for whose, count in provenance_counts(plan).items():
        objects = f"{count.objects:,} object{'' if count.objects == 1 else 's'}"
        sims = f"{count.sims:,} change{'' if count.sims == 1 else 's'} of SIMs"
        both = [text for text, number in ((objects, count.objects), (sims, count.sims)) if number]
        lines.append(f"  {TITLES[whose]}: {', '.join(both)}")
        names = named.get(whose, [])
        lines += [f"  {name}" for name in names[:_MOST_NAMED]]
        if len(names) > _MOST_NAMED:
            lines.append(f"      and {len(names) - _MOST_NAMED:,} more")
    for address, number in facts.unlisted.items():
        lines.append(
            f"  {escaped(address)} is not declared any more: its {number:,} SIMs are in no list, and stay as they are"
        )
    if plan.is_empty and not facts.unlisted:
        lines.append("  nothing changes")
    yield "\n".join(lines)


def provenance_members(plan: Plan) -> dict[str, Any] | None:
    """Whose each change is, as JSON values in the order of the plan; None where no base was named."""
    facts = plan.revision
    if facts is None:
        return None
    return {
        "revision": facts.revision,
        "commit": facts.commit,
        "problem": facts.problem,
        "counts": {
            whose.value: {"objects": count.objects, "sims": count.sims}
            for whose, count in provenance_counts(plan).items()
        },
        "changes": [
            {"address": str(change.address), "action": change.action.value, "provenance": whose.value}
            for change, whose in zip(plan.changes, provenances(plan), strict=True)
        ],
        "sims": [
            {
                "address": change.address,
                "action": change.action.value,
                "source": change.source,
                "target": change.target,
                "provenance": whose.value,
                "count": len(iccids),
            }
            for change in plan.roster.changes
            for whose, iccids in sims_by_provenance(change, plan)
        ],
        "edits": [
            {"iccid": edit.iccid, "provenance": whose.value}
            for edit, whose in zip(plan.roster.edits, edit_provenances(plan), strict=True)
        ],
        "unlisted": dict(facts.unlisted),
    }


def left_out_blocks(plan: Plan, paint: Paint = plain) -> Iterator[str]:
    """The objects that a caller left out; nothing where all were considered."""
    part = plan.consideration
    if part is None:
        return
    left = len(part.left_out)
    verb = "is" if left == 1 else "are"
    head = f"Left out by {escaped(part.words)}: {left:,} object{'' if left == 1 else 's'}, which {verb} not changed"
    named = ", ".join(escaped(str(address)) for address in part.left_out[:_MOST_NAMED])
    more = f" and {left - _MOST_NAMED:,} more" if left > _MOST_NAMED else ""
    lines = [paint(head, "strong"), f"  considered: {part.considered:,} object{'' if part.considered == 1 else 's'}"]
    yield "\n".join([*lines, *([f"  {named}{more}"] if named else [])])
