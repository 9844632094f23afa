"""The reference graph as text, DOT, Mermaid and SVG. Deterministic; the SVG uses presentation attributes only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING

from reconciler.model.address import Address
from reconciler.model.resource import Resources
from reconciler.ordering.graph import reference_graph, transitive_reduction
from reconciler.reports.graph_layout import Layout, Spot, arranged

if TYPE_CHECKING:
    import networkx

_WIDTH, _HEIGHT, _ROW, _GAP_X, _MARGIN = 236, 38, 52, 84, 20
_LINE = 14
_ARROW = 7
_LETTERS = 12
_ROOM = _WIDTH - 14 - 8
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
_MOST_LETTERS = 30


def drawn(declared: Resources, form: str) -> str:
    """The graph of the references between declared objects, in the chosen form."""
    return render(reference_graph({address: resource.spec for address, resource in declared.items()}), form)


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
    """The graph for Graphviz."""
    lines = ["digraph estate {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    lines += [f'  "{node}";' for node in sorted(graph)]
    lines += [f'  "{source}" -> "{target}";' for source, target in sorted(graph.edges)]
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(graph: "networkx.DiGraph[Address]") -> str:
    """The graph for Markdown; edges that follow from others are left out, to stay below the limits of forges."""
    reduced = transitive_reduction(graph)
    names = {node: f"n{place}" for place, node in enumerate(sorted(graph))}
    lines = ["flowchart LR"]
    lines += [f'  {name}["{escape(str(node))}"]' for node, name in names.items()]
    lines += [f"  {names[source]} --> {names[target]}" for source, target in sorted(reduced.edges)]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class PictureLook:
    """The colours of a picture; without `paper` it has the background of its page. `currentColor` is that of text."""

    paper: str | None
    box: str
    text: str
    note: str


PAPER = PictureLook("#ffffff", "#f7f9fb", "#1f2933", "#66707a")
PAGE = PictureLook(None, "none", "currentColor", "currentColor")


@dataclass(frozen=True, slots=True)
class BoxMark:
    """The colour of a box, and the small line above its name."""

    colour: str
    caption: str


def svg(
    graph: "networkx.DiGraph[Address]",
    look: PictureLook = PAPER,
    marks: Mapping[Address, BoxMark] = MappingProxyType({}),
) -> str:
    """
    One self-contained picture: columns by generation, each object left of those that refer to it.

    A box without a mark has the colour and the name of its kind.
    """
    layout = arranged(transitive_reduction(graph), passage=_LINE / _ROW)
    kinds = sorted({node.kind for node in graph})
    colour = {kind: _COLOURS[place % len(_COLOURS)] for place, kind in enumerate(kinds)}
    # Every spot is placed by its middle; passages need less than a row, so the last box decides.
    lowest = max(layout.y.values(), default=0.5)
    width = max(_MARGIN * 2 + len(layout.columns) * (_WIDTH + _GAP_X) - _GAP_X, _MARGIN * 2)
    height = _MARGIN * 2 + round((lowest + 0.5) * _ROW)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" font-family="sans-serif" font-size="{_LETTERS}">'
        ),
        f'<rect width="{width}" height="{height}" fill="{look.paper}"/>' if look.paper else "",
    ]
    parts += [_line(layout, spot) for column in layout.columns for spot in column]
    for node, spot in sorted(layout.boxes.items()):
        parts.append(_box(node, _corner(layout, spot), marks.get(node) or BoxMark(colour[node.kind], node.kind), look))
    return "\n".join([*filter(None, parts), "</svg>"]) + "\n"


def _corner(layout: Layout, spot: Spot) -> tuple[int, int]:
    return _MARGIN + spot.column * (_WIDTH + _GAP_X), _middle(layout, spot) - _HEIGHT // 2


def _middle(layout: Layout, spot: Spot) -> int:
    return _MARGIN + round(layout.y[spot] * _ROW)


def _line(layout: Layout, spot: Spot) -> str:
    """The lines from one spot to those of the next column, and across its own column where it is a passage."""
    referrers = layout.links[spot]
    if not referrers:
        return ""
    left, y = _corner(layout, spot)[0], _middle(layout, spot)
    start = left if spot.is_passage else left + _WIDTH + _ARROW
    turn = left + _WIDTH
    middle, end = turn + _GAP_X // 2, turn + _GAP_X
    path = "".join(
        f"M{start},{y} H{turn + _ARROW} C{middle},{y} {middle},{_middle(layout, other)} {end},{_middle(layout, other)}"
        for other in referrers
    )
    lines = f'<path d="{path}" fill="none" stroke="#9aa5b1" stroke-width="1.2"/>'
    if spot.is_passage:
        return lines
    return lines + f'\n<path d="M{turn + 1},{y} l{_ARROW},-4 v8 z" fill="#66707a"/>'


def _box(node: Address, place: tuple[int, int], mark: BoxMark, look: PictureLook) -> str:
    x, y = place
    name = node.name if len(node.name) <= _MOST_LETTERS else node.name[: _MOST_LETTERS - 1] + "…"
    # Which font a viewer has is not known: a name that might be too wide is set to the width that there is.
    fitted = f' textLength="{_ROOM}" lengthAdjust="spacingAndGlyphs"' if _widest(name) > _ROOM else ""
    return (
        f"<g><title>{escape(str(node))}</title>"
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="5" fill="{look.box}" '
        f'stroke="{mark.colour}" stroke-width="1.5"/>'
        f'<rect x="{x}" y="{y}" width="6" height="{_HEIGHT}" rx="3" fill="{mark.colour}"/>'
        f'<text x="{x + 14}" y="{y + 15}" fill="{look.note}" font-size="10">{escape(mark.caption)}</text>'
        f'<text x="{x + 14}" y="{y + 30}" fill="{look.text}"{fitted}>{escape(name)}</text></g>'
    )


def _widest(name: str) -> float:
    """The width of a name in pixels in the widest of the usual fonts."""
    return sum(_LETTERS * (1.0 if letter in "mwMW@%…" or not letter.isascii() else 0.65) for letter in name)
