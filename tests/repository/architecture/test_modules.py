"""
Each file is understood by itself.

No circle of imports, no name that two files give to different types, no reach into the inside of a library.
"""

import ast
import importlib
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).resolve().parents[3]

# Circles that are still there. The list only shrinks.
KNOWN_CIRCLES: frozenset[frozenset[str]] = frozenset()

_ALIASES = {"TypeAlias", "typing.TypeAlias"}
_MAKERS = {"NewType", "TypeVar", "ParamSpec"}


@cache
def _modules(root: Path) -> dict[str, ast.Module]:
    """The syntax tree of each module below a folder, by the module's full name."""
    found = {}
    for path in sorted((root / "reconciler").rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    return found


def _imports(tree: ast.Module, names: set[str]) -> Iterator[str]:
    """The modules among `names` that a tree imports: at the top, inside functions and for types only."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in names else node.module


def circles(modules: dict[str, ast.Module]) -> set[frozenset[str]]:
    """The sets of modules that import one another in a circle."""
    names = set(modules)
    edges = [(name, other) for name, tree in modules.items() for other in _imports(tree, names) if other != name]
    graph: networkx.DiGraph[str] = networkx.DiGraph((name, other) for name, other in edges if other in names)
    return {frozenset(part) for part in networkx.strongly_connected_components(graph) if len(part) > 1}


def _is_alias(value: ast.expr) -> bool:
    """Whether an assigned value is a type: ``X[…]``, ``A | B``, or a type that is made by a call."""
    if isinstance(value, ast.Call):
        return ast.unparse(value.func) in _MAKERS
    is_union = isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr)
    return isinstance(value, ast.Subscript) or is_union


def public_types(tree: ast.Module) -> Iterator[str]:
    """The names of the classes and type aliases that a module defines at its top, private ones excepted."""
    for node in tree.body:
        name = ""
        if isinstance(node, ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) in _ALIASES:
            name = ast.unparse(node.target)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _is_alias(node.value):
            name = node.targets[0].id
        if name[:1].isupper() and not name.isupper():
            yield name


def shared_names(modules: dict[str, ast.Module]) -> dict[str, list[str]]:
    """The names of public types that more than one module defines, with the modules."""
    homes = defaultdict(list)
    for module, tree in modules.items():
        for name in public_types(tree):
            homes[name].append(module)
    return {name: found for name, found in homes.items() if len(found) > 1}


def test_no_two_modules_give_one_name_to_a_public_type() -> None:
    """A name of a public class or type alias belongs to one module."""
    assert shared_names(_modules(ROOT)) == {}


def test_no_modules_import_one_another_in_a_circle() -> None:
    """Imports make no circle, neither those inside functions nor those for types only."""
    assert circles(_modules(ROOT)) - KNOWN_CIRCLES == set()


def _private(node: ast.ClassDef) -> set[str]:
    """The private members that a class defines: in its body, or on itself in a method."""
    stored = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute) and _is_stored_on_self(each)}
    defined = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
    return {name for name in stored | defined if name.startswith("_") and not name.startswith("__")}


def _is_stored_on_self(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _private_of(base: type) -> set[str]:
    """The private members that a class of a library has, as far as its source is there."""
    try:
        source = inspect.getsource(base)
    except (OSError, TypeError):
        source = ""
    return {name for name in vars(base) if name.startswith("_")} | set(re.findall(r"\bself\.(_[a-z]\w*)", source))


def overwritten(kind: type, node: ast.ClassDef) -> set[str]:
    """The private members of a class that a library's class above it has too."""
    bases = [base for base in kind.__mro__[1:] if base is not object and not base.__module__.startswith("reconciler")]
    return _private(node) & {name for base in bases for name in _private_of(base)}


def test_no_private_member_of_a_library_is_overwritten() -> None:
    """A class below one of a library replaces only what the library documents: its private members may go any day."""
    found = []
    for name, tree in _modules(ROOT).items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.bases and _private(node):
                kind = getattr(importlib.import_module(name), node.name)
                found += [f"{name}.{node.name}.{member}" for member in sorted(overwritten(kind, node))]
    assert found == []


class _OfALibrary:
    """A class as a library has it."""

    def __init__(self) -> None:
        self._pool = 1

    def _connect(self) -> int:
        return self._pool


class _Stored(_OfALibrary):
    def __init__(self) -> None:
        super().__init__()
        self._pool = 2


class _Defined(_OfALibrary):
    def _connect(self) -> int:
        return 2


class _Public(_OfALibrary):
    def connect(self) -> int:
        """A member of its own."""
        return self._connect()


@pytest.mark.parametrize(("kind", "expected"), [(_Stored, {"_pool"}), (_Defined, {"_connect"}), (_Public, set())])
def test_an_overwritten_member_is_found(kind: type, expected: set[str]) -> None:
    """A member counts whether it is set on the object or defined in the class; a call of it does not."""
    node = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(node, ast.ClassDef)
    assert overwritten(kind, node) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("class Plan: ...", "class Plan: ...", {"Plan"}),
        ("class Plan: ...", "from x import Plan", set()),
        ("Plan = dict[str, str]", "class Plan: ...", {"Plan"}),
        ("Plan = str | None", 'Plan = NewType("Plan", str)', {"Plan"}),
        ("Plan: TypeAlias = str", "class Plan: ...", {"Plan"}),
        ("class _Plan: ...", "class _Plan: ...", set()),
        ("def plan(): ...", "def plan(): ...", set()),
    ],
)
def test_a_type_that_is_defined_twice_is_found(first: str, second: str, expected: set[str]) -> None:
    """Classes and aliases count, whatever form they have; imported and private names and functions do not."""
    assert set(shared_names({"first": ast.parse(first), "second": ast.parse(second)})) == expected


@pytest.mark.parametrize(
    "statement",
    [
        "import reconciler.a",
        "from reconciler import a",
        "from reconciler.a import something",
        "def inner():\n    from reconciler.a import something",
        "if TYPE_CHECKING:\n    from reconciler.a import Something",
    ],
)
def test_a_circle_is_found_wherever_the_import_is(statement: str) -> None:
    """An import closes a circle at the top of a module, in a function, and for types only."""
    modules = {"reconciler.a": ast.parse("import reconciler.b"), "reconciler.b": ast.parse(statement)}
    assert circles(modules) == {frozenset({"reconciler.a", "reconciler.b"})}
