"""The waivers that a plan was judged under, as text and as JSON values: those that hold, and those that do not."""

from collections.abc import Iterator
from typing import Any

from reconciler.plan.plan import Plan
from reconciler.plan.waivers import Waiver
from reconciler.plan.waiving import unused_waivers, waived_findings
from reconciler.reports.diagnostics import escaped
from reconciler.reports.style import Paint, plain


def waiver_blocks(plan: Plan, paint: Paint = plain) -> Iterator[str]:
    """The waivers with whom and until when; nothing where none is stated."""
    if not plan.waivers.stated:
        return
    owners = f", owned by {escaped(' '.join(plan.waivers.owners))}" if plan.waivers.owners else ""
    lines = [paint(f"Waivers, as written in {escaped(plan.waivers.source)}{owners}", "strong")]
    lines += [f"  {guard.value} is waived by {_told(one)}" for guard, one in waived_findings(plan)]
    lines += [
        f"  {one.guard.value}: the waiver by {_told(one)} does not hold: {why}" for one, why in unused_waivers(plan)
    ]
    yield "\n".join(lines)


def _told(one: Waiver) -> str:
    return f"{escaped(one.approver)} until {one.expires} for {one.number:,} ({escaped(one.reason)})"


def waiver_members(plan: Plan) -> dict[str, Any]:
    """The waivers as JSON values."""
    return {
        "source": plan.waivers.source,
        "owners": list(plan.waivers.owners),
        "holding": [_members(one, None) for _, one in waived_findings(plan)],
        "unused": [_members(one, why) for one, why in unused_waivers(plan)],
    }


def _members(one: Waiver, why: str | None) -> dict[str, Any]:
    found = {
        "guard": one.guard.value,
        "number": one.number,
        "digest": one.digest,
        "reason": one.reason,
        "approver": one.approver,
        "expires": one.expires,
    }
    return found if why is None else {**found, "why": why}
