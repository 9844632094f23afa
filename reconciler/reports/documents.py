"""The JSON documents that commands print, as values and as text."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from reconciler.diffing.canonical import with_secrets
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.json_text import json_text
from reconciler.plan.authorship import NOBODY, Authorship
from reconciler.plan.effect import effect_digest
from reconciler.plan.flows import flows_of, new_peers
from reconciler.plan.plan import Drift, Plan
from reconciler.plan.planfile import encode, members_of
from reconciler.plan.sim_drift import SimDrift
from reconciler.plan.widened_space import widened_space
from reconciler.reports.diagnostics import as_json
from reconciler.reports.plan_view import PlanView, Purpose, Share
from reconciler.reports.provenance_text import provenance_members
from reconciler.reports.traffic import shadow_document, traffic_document
from reconciler.reports.waiver_text import waiver_members

VERSION = "1.0"


def indented(body: Any) -> str:
    """A document as text for people and programs."""
    return json_text(body, indent=2)


def plan_file(plan: Plan) -> str:
    """The plan file as it is."""
    return encode(plan).decode().rstrip("\n")


def view_document(view: PlanView, *, redacted: Callable[[Any], Any]) -> str:
    """
    The contract for programs: the five answers, the plan file's members, the exit code, the findings about manifests.

    Where there is no plan the members of the plan file are missing, and `answers` says why.
    """
    context = view.context
    body = {
        "formatVersion": VERSION,
        "answers": redacted(_answers(view)),
        "exitCode": context.exit_code,
        "error": None if context.error is None else redacted({"message": context.error, "hint": context.hint}),
        "diagnostics": redacted(as_json(context.diagnostics)),
        "notDetermined": redacted(list(view.undetermined)),
    }
    if view.plan is not None:
        body |= {
            **_without_paths(json.loads(encode(view.plan))),
            "secretsNotCompared": members_of(view.plan.uncompared),
            **_destinations(view.plan),
            "traffic": traffic_document(view.pairs, view.plan),
            "shadowedRules": shadow_document(view.plan),
            "widened": [
                {"address": str(one.address), "field": one.field, "before": one.before, "after": one.after}
                for one in widened_space(view.plan)
            ],
            "verdicts": [members_of(result) for result in view.plan.verdicts],
            "effect": effect_digest(view.plan),
            "since": list(context.since),
            "provenance": provenance_members(view.plan),
            "waivers": waiver_members(view.plan),
        }
    if context.purpose is Purpose.DRIFT:
        body |= drift_document(context.drift, context.sim_drift)
    if context.result:
        body["result"] = redacted(list(context.result))
    return json_text(body, sort_keys=True, separators=(",", ":"))


def _without_paths(body: dict[str, Any]) -> dict[str, Any]:
    """A plan file's members for people's eyes: a URL that counts as a secret ends with its host (S9)."""
    for change in body["plan"]["changes"]:
        kind = kind_named(change["address"].partition("/")[0])
        if change["after"] is not None and kind.secret_paths:
            change["after"] = with_secrets(kind, change["after"], _without_path)
    return body


def _without_path(_: str, value: Any) -> Any:
    is_url = isinstance(value, str) and value.startswith(("http://", "https://"))
    return f"{urlsplit(value).scheme}://{urlsplit(value).hostname}/…" if is_url else value


def _answers(view: PlanView) -> dict[str, Any]:
    """The answers on the first screen, as JSON values."""
    answers = view.answers
    return {
        "going": str(answers.going),
        "by": list(answers.by),
        "why": answers.why,
        "nextStep": answers.next_step,
        "consents": list(answers.consents),
        "sims": answers.sims,
        "simsInAccount": answers.all_sims,
        "irreversible": [_share(share) for share in answers.irreversible],
        "deletedOrReplaced": [_share(share) for share in answers.destroyed],
        "changes": answers.changes,
        "origins": None if answers.origins is None else {whose.value: n for whose, n in answers.origins.items()},
    }


def _share(share: Share) -> dict[str, Any]:
    return {"what": share.what, "count": share.count, "some": list(share.names)}


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


def drift_document(
    found: Sequence[Drift], sims: Sequence[SimDrift], authors: Mapping[Address, Authorship] = NOBODY
) -> dict[str, Any]:
    """The drift of objects and SIMs as JSON values."""
    rows = [
        {
            "address": str(drift.address),
            "vanished": drift.vanished,
            "fields": [
                {"path": f.path, "operation": f.operation.value, "before": f.before, "after": f.after}
                for f in drift.fields
            ],
            **({"changedBy": one.who, "changedAt": one.when} if (one := authors.get(drift.address)) else {}),
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
