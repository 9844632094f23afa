"""The JSON documents that commands print, as values and as text."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from reconciler.diagnostics import Diagnostic
from reconciler.errors import ReconcilerError
from reconciler.model.inventory import Owned
from reconciler.model.json_text import json_text
from reconciler.plan.flows import flows_of, new_peers
from reconciler.plan.plan import Drift, Plan
from reconciler.plan.planfile import encode, members_of
from reconciler.plan.sim_drift import SimDrift
from reconciler.reports.diagnostics import as_json


def indented(body: Any) -> str:
    """A document as text for people and programs."""
    return json_text(body, indent=2)


def plan_file(plan: Plan) -> str:
    """The plan file as it is."""
    return encode(plan).decode().rstrip("\n")


def plan_document(
    plan: Plan,
    code: int,
    warnings: Sequence[Diagnostic],
    error: ReconcilerError | None,
    *,
    redacted: Callable[[Any], Any],
) -> str:
    """The plan file's members, the exit code, the warnings, and where secrets and traffic go because of the plan."""
    outcome = {
        "exitCode": code,
        "error": None if error is None else redacted({"message": str(error), "hint": error.hint}),
        "diagnostics": redacted(as_json(warnings)),
        "secretsNotCompared": members_of(plan.uncompared),
        **_destinations(plan),
        "verdicts": [members_of(result) for result in plan.verdicts],
    }
    return json_text({**json.loads(encode(plan)), **outcome}, sort_keys=True, separators=(",", ":"))


def _destinations(plan: Plan) -> dict[str, Any]:
    """Where secrets and traffic go because of a plan, as JSON values: computed, and no member of a plan file."""
    return {
        "flows": [
            {"address": str(flow.address), "reference": flow.reference, "field": flow.field, "host": flow.host}
            for change in plan.changes
            for flow in flows_of(change)
        ],
        "peers": [
            {"address": str(peer.address), "field": peer.field, "before": peer.before, "after": peer.after}
            for peer in new_peers(plan)
        ],
    }


def drift_document(found: Sequence[Drift], sims: Sequence[SimDrift]) -> dict[str, Any]:
    """The drift of objects and SIMs as JSON values."""
    rows = [
        {
            "address": str(drift.address),
            "vanished": drift.vanished,
            "fields": [
                {"path": f.path, "operation": f.operation.value, "before": f.before, "after": f.after}
                for f in drift.fields
            ],
        }
        for drift in found
    ]
    listed = [{"sim": one.sim, "address": one.address, "what": one.what} for one in sims]
    return {"formatVersion": "1.0", "drift": rows, "sims": listed}


def inventory_document(rows: Iterable[Owned]) -> dict[str, Any]:
    """The inventory of an estate as JSON values."""
    owned = [
        {"address": str(row.address), "id": row.remote_id, "origin": row.origin.value, "protect": row.protect}
        for row in rows
    ]
    return {"formatVersion": "1.0", "owned": owned}


def owned_document(row: Owned) -> dict[str, Any]:
    """One object that is ours, with what was last applied to it, as JSON values."""
    return {
        "address": str(row.address),
        "id": row.remote_id,
        "moniker": row.moniker,
        "origin": row.origin.value,
        "protect": row.protect,
        "retain": row.retain,
        "source": row.source,
        "lastApplied": row.last_applied,
    }
