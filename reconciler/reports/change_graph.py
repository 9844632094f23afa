"""
The picture of what changes: a box for each changed object with its action and SIMs, and lines for its references.

Many changes are drawn as one box for each kind and action, so that the picture stays one that a person can read.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from reconciler.kinds import group_kind, kind_named
from reconciler.model.address import Address
from reconciler.model.references import bare
from reconciler.ordering.graph import Graph, acyclic_graph
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.plan import Plan
from reconciler.reports.diagnostics import escaped
from reconciler.reports.graph import PAGE, BoxMark, svg
from reconciler.reports.roster_text import sims

MOST_BOXES = 40
_ADDED, _CHANGED, _REMOVED, _OTHER = "#2e8b57", "#b7791f", "#c0392b", "#6b7785"
_COLOURS = {
    Action.CREATE: _ADDED,
    Action.UPDATE: _CHANGED,
    Action.REPLACE: _REMOVED,
    Action.DELETE: _REMOVED,
    Action.ADOPT: _OTHER,
    Action.FORGET: _OTHER,
}


def picture(plan: Plan) -> str:
    """The changes of a plan as SVG in the colours of its page; empty for a plan without changes."""
    if not plan.has_work:
        return ""
    names, marks = _named(plan.changes) if len(plan.changes) <= MOST_BOXES else _gathered(plan.changes)
    graph = _graph(names, plan)
    for box, mark, target in _sim_boxes(plan):
        graph.add_node(box)
        marks[box] = mark
        if target in names:
            graph.add_edge(box, names[target])
    return svg(graph, PAGE, marks)


def _named(changes: Sequence[Change]) -> tuple[dict[Address, Address], dict[Address, BoxMark]]:
    """A box for each changed object."""
    names, marks = dict[Address, Address](), dict[Address, BoxMark]()
    for change in changes:
        box = Address(change.address.kind, escaped(change.address.name))
        touched = f", {sims(change.impact.sims)}" if change.impact.sims else ""
        names[change.address] = box
        marks[box] = BoxMark(_COLOURS[change.action], f"{change.address.kind} {change.action.past}{touched}")
    return names, marks


def _gathered(changes: Sequence[Change]) -> tuple[dict[Address, Address], dict[Address, BoxMark]]:
    """A box for each kind and action, with the number of objects."""
    counts = Counter((change.address.kind, change.action) for change in changes)
    names, marks = dict[Address, Address](), dict[Address, BoxMark]()
    for change in changes:
        kind, action = change.address.kind, change.action
        box = Address(kind, f"{counts[kind, action]:,} {action.past}")
        names[change.address] = box
        marks[box] = BoxMark(_COLOURS[action], kind)
    return names, marks


def _graph(names: Mapping[Address, Address], plan: Plan) -> Graph:
    edges = []
    for change in plan.changes:
        spec = change.after if change.after is not None else change.before or {}
        for reference, _, name in kind_named(change.address.kind).refers(spec):
            target = names.get(Address(reference.kind, bare(name)))
            if target is not None:
                edges.append((names[change.address], target))
    return acyclic_graph(names.values(), edges)


def _sim_boxes(plan: Plan) -> Iterator[tuple[Address, BoxMark, Address | None]]:
    """A box for each action on SIMs, its look, and the group that they go to."""
    found: dict[tuple[str, str | None], int] = {}
    colours: dict[str, str] = {}
    for change in plan.roster.changes:
        found[change.action.past, change.target] = found.get((change.action.past, change.target), 0) + change.count
        colours[change.action.past] = _REMOVED if change.action.symbol == "!" else _CHANGED
    if plan.roster.edits:
        found["edited", None] = len(plan.roster.edits)
    for (past, target), count in found.items():
        name = f"{sims(count)} {past}" + (f" to {escaped(target)}" if target else "")
        group = Address(group_kind().name, target) if target else None
        yield Address("SIM", name), BoxMark(colours.get(past, _CHANGED), "SIMs"), group
