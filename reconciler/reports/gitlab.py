"""The three counts that GitLab shows in a merge request (``artifacts:reports:terraform``)."""

from reconciler.model.json_text import json_text
from reconciler.plan.action import Action
from reconciler.plan.roster import RosterAction
from reconciler.reports.plan_view import PlanView


def as_counts(view: PlanView) -> str:
    """
    ``{"create":1,"update":2,"delete":3}``: a replacement is one of each, a SIM counts as an object does.

    An activated SIM is created, a terminated one deleted, every other action on a SIM is an update.
    """
    plan = view.plan
    if plan is None:
        return json_text({"create": 0, "update": 0, "delete": 0}, separators=(",", ":"))
    counts, roster = plan.counts, plan.roster
    replaced = counts[Action.REPLACE]
    activated, ended = roster.count(RosterAction.ACTIVATE), roster.count(RosterAction.TERMINATE)
    acted = sum(change.count for change in roster.changes) - activated - ended
    body = {
        "create": counts[Action.CREATE] + replaced + activated,
        "update": counts[Action.UPDATE] + acted + len(roster.edits),
        "delete": counts[Action.DELETE] + replaced + ended,
    }
    return json_text(body, separators=(",", ":"))
