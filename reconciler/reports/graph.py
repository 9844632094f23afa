"""The reference graph as text, DOT, Mermaid and SVG. Deterministic; the SVG uses presentation attributes only."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from reconciler.model.address import Address
from reconciler.ordering.graph import generations, transitive_reduction

if TYPE_CHECKING:
    import networkx

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 210, 38, 90, 14, 20
_COLOURS = (
    "#4e79a7",
    "#f28e2b",
    "#59a14f",
    "#b07aa1",
    "#e15759",
    "#76b7b2",
    "#9c755f",
    "#edc948",
    "#bab0ac",
    "#ff9da7",
)
_MOST_LETTERS = 28


def render(graph: "networkx.DiGraph[Address]", form: str) -> str:
    """The graph in one of the formats text, dot, mermaid, svg, with a final line break."""
    forms = {"text": text, "dot": dot, "mermaid": mermaid, "svg": svg}
    return forms[form](graph)


def text(graph: "networkx.DiGraph[Address]") -> str:
    """A tree from each object that nobody refers to; what was shown before is marked and not repeated."""
    seen: set[Address] = set()
    roots = sorted(node for node in graph if graph.in_degree(node) == 0)
    lines = [line for root in roots for line in _tree(graph, root, seen)]
    return "\n".join(lines or ["Nothing is declared."]) + "\n"


def _tree(graph: "networkx.DiGraph[Address]", root: Address, seen: set[Address]) -> Iterator[str]:
    todo: list[tuple[Address, str, str]] = [(root, "", "")]
    while todo:
        node, lead, below = todo.pop()
        children = sorted(graph.successors(node))
        again = node in seen and bool(children)
        yield f"{lead}{node}{' (see above)' if again else ''}"
        if again:
            continue
        seen.add(node)
        for place, child in reversed(list(enumerate(children))):
            last = place == len(children) - 1
            todo.append((child, f"{below}{'└── ' if last else '├── '}", f"{below}{'    ' if last else '│   '}"))


def dot(graph: "networkx.DiGraph[Address]") -> str:
    """For Graphviz."""
    lines = ["digraph estate {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    lines += [f'  "{node}";' for node in sorted(graph)]
    lines += [f'  "{source}" -> "{target}";' for source, target in sorted(graph.edges)]
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(graph: "networkx.DiGraph[Address]") -> str:
    """For Markdown; edges that follow from others are left out, to stay below the limits of forges."""
    reduced = transitive_reduction(graph)
    names = {node: f"n{place}" for place, node in enumerate(sorted(graph))}
    lines = ["flowchart LR"]
    lines += [f'  {name}["{escape(str(node))}"]' for node, name in names.items()]
    lines += [f"  {names[source]} --> {names[target]}" for source, target in sorted(reduced.edges)]
    return "\n".join(lines) + "\n"


def svg(graph: "networkx.DiGraph[Address]") -> str:
    """One self-contained picture: columns by generation, what is referred to stands left of who refers to it."""
    columns = _arranged(graph)
    tallest = max((len(column) for column in columns), default=1)
    width = _MARGIN * 2 + len(columns) * (_WIDTH + _GAP_X) - _GAP_X if columns else 200
    height = _MARGIN * 2 + tallest * (_HEIGHT + _GAP_Y)
    kinds = sorted({node.kind for node in graph})
    colour = {kind: _COLOURS[place % len(_COLOURS)] for place, kind in enumerate(kinds)}
    place = {
        node: (
            _MARGIN + x * (_WIDTH + _GAP_X),
            _MARGIN + y * (_HEIGHT + _GAP_Y) + (tallest - len(column)) * (_HEIGHT + _GAP_Y) // 2,
        )
        for x, column in enumerate(columns)
        for y, node in enumerate(column)
    }
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    parts += [_curve(place[source], place[target]) for source, target in sorted(transitive_reduction(graph).edges)]
    parts += [_box(node, place[node], colour[node.kind]) for node in sorted(place)]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _arranged(graph: "networkx.DiGraph[Address]") -> list[list[Address]]:
    """The generations, each ordered by the average height of what its nodes refer to: fewer crossings."""
    columns = generations(graph)
    height: dict[Address, float] = {}
    for column in columns:

        def weight(node: Address) -> tuple[float, Address]:
            below = [height[target] for target in graph.successors(node) if target in height]
            return (sum(below) / len(below) if below else 0.0), node

        column.sort(key=weight)
        height.update({node: place / max(1, len(column) - 1) for place, node in enumerate(column)})
    return columns


def _curve(source: tuple[int, int], target: tuple[int, int]) -> str:
    x1, y1 = source[0], source[1] + _HEIGHT // 2
    x2, y2 = target[0] + _WIDTH, target[1] + _HEIGHT // 2
    middle = (x1 + x2) // 2
    return (
        f'<path d="M{x1},{y1} C{middle},{y1} {middle},{y2} {x2},{y2}" fill="none" stroke="#9aa5b1" stroke-width="1.2"/>'
    )


def _box(node: Address, place: tuple[int, int], colour: str) -> str:
    x, y = place
    name = node.name if len(node.name) <= _MOST_LETTERS else node.name[: _MOST_LETTERS - 1] + "…"
    return (
        f"<g><title>{escape(str(node))}</title>"
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="5" fill="#f7f9fb" '
        f'stroke="{colour}" stroke-width="1.5"/>'
        f'<rect x="{x}" y="{y}" width="6" height="{_HEIGHT}" rx="3" fill="{colour}"/>'
        f'<text x="{x + 14}" y="{y + 15}" fill="#66707a" font-size="10">{escape(node.kind)}</text>'
        f'<text x="{x + 14}" y="{y + 30}" fill="#1f2933">{escape(name)}</text></g>'
    )
