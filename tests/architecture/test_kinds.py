"""The modules of the model and of the kinds: no circle between them, and no field read by an unchecked name."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("model", "kinds", "simulator", "validation")


def _modules(*packages: str) -> dict[str, ast.Module]:
    """Module name → tree, of the modules in these packages."""
    paths = [path for package in packages for path in sorted((ROOT / "reconciler" / package).rglob("*.py"))]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths]
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in zip(names, paths, strict=True)}


def _imports(tree: ast.Module, known: set[str]) -> Iterator[str]:
    """The modules that a tree imports anywhere in its text, under ``TYPE_CHECKING`` and inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{name.name}" for name in node.names} & known
            yield from inner or ({node.module} & known)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in known)


def test_no_module_imports_one_that_imports_it() -> None:
    """Each file can be read before those that use it: no circle, however indirect, and whatever the import is for."""
    trees = _modules(*PACKAGES)
    imports = {name: set(_imports(tree, set(trees))) - {name} for name, tree in trees.items()}
    assert set(TopologicalSorter(imports).static_order()) == set(trees)


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
