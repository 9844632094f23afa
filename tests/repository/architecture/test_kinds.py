"""Model and kinds: no field is read by an unchecked name, and no fact is without a reader."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from typing_extensions import is_typeddict

from reconciler.kinds import kinds
from reconciler.model import fields as markers
from reconciler.model.effects import Effect, Effects
from reconciler.model.kind import Kind
from reconciler.model.shape import Shape
from reconciler.model.sim_facts import SimHolder, SimList
from reconciler.model.wire import Field, Fold, Form, Items, Wire
from reconciler.simulator.world import Collection, SubCollection

ROOT = Path(__file__).resolve().parents[3]


def _modules(*packages: str) -> dict[str, ast.Module]:
    """Module name → tree, of the modules in these packages."""
    paths = [path for package in packages for path in sorted((ROOT / "reconciler" / package).rglob("*.py"))]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths]
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in zip(names, paths, strict=True)}


def _reads_by_name(tree: ast.AST) -> Iterator[int]:
    """Lines that read a member by a name in the text: ``x.get("name")``, ``x["name"]``, ``"name" in x``."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="get" | "pop" | "setdefault"), args=[ast.Constant(value=str()), *_]):
                yield node.lineno
            case ast.Subscript(slice=ast.Constant(value=str()), ctx=ast.Load()):
                yield node.lineno
            case ast.Compare(left=ast.Constant(value=str()), ops=[ast.In() | ast.NotIn()]):
                yield node.lineno


def _is_of_specs(node: ast.AST) -> bool:
    """Whether a function is a rule, or writes a spec: it is handed a declared resource, a world or a spec."""
    names = {argument.arg for argument in node.args.args} if isinstance(node, ast.FunctionDef | ast.Lambda) else set()
    return bool(names & {"resource", "world", "resources", "spec"})


@pytest.mark.parametrize("package", ["kinds", "model"])
def test_rules_and_codecs_read_specs_by_names_that_are_checked(package: str) -> None:
    """A misspelt name in a rule would read as a field that is left out; a `Lookup` refuses it at the import."""
    offenders = [
        f"{name}:{line}"
        for name, tree in _modules(package).items()
        for node in ast.walk(tree)
        if _is_of_specs(node)
        for line in _reads_by_name(node)
    ]
    assert offenders == []


def _attributes_read() -> frozenset[str]:
    """The names of all attributes that any module of the package or of its tools reads."""
    paths = [path for folder in ("reconciler", "tools") for path in (ROOT / folder).rglob("*.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    return frozenset(
        node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    )


def test_every_fact_that_a_kind_states_has_a_reader() -> None:
    """Each fact that can be stated of a kind, its place on the wire, an effect or a collection is read somewhere."""
    read = _attributes_read()
    types = (
        Kind,
        Wire,
        Field,
        Fold,
        Form,
        Items,
        Effect,
        Effects,
        Shape,
        SimHolder,
        SimList,
        Collection,
        SubCollection,
    )
    stated = {f"{one.__name__}.{fact.name}" for one in types for fact in fields(one)}
    derived = {f"Kind.{name}" for name, value in vars(Kind).items() if isinstance(value, cached_property)}
    assert sorted(fact for fact in stated | derived if fact.partition(".")[2] not in read) == []


def test_every_marker_is_used_by_a_kind_and_changes_the_shape() -> None:
    """A marker that no field carries, or that the shape leaves out, is a word without a meaning."""
    carried = {type(fact) for kind in kinds().values() for fact in _facts(kind.spec)}
    known = {
        value for value in vars(markers).values() if isinstance(value, type) and value.__module__ == markers.__name__
    }
    assert known - carried == set()


def _facts(spec: type) -> Iterator[object]:
    """Each marker in the annotations of a spec and of the dictionaries inside it."""
    todo: list[object] = list(get_type_hints(spec, include_extras=True).values())
    while todo:
        hint = todo.pop()
        yield from getattr(hint, "__metadata__", ())
        todo.extend(get_args(hint))
        if is_typeddict(hint):
            todo.extend(get_type_hints(hint, include_extras=True).values())
