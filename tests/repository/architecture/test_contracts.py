"""The drawing of who may import whom is true, and it covers every dependency."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = PYPROJECT["tool"]["importlinter"]["contracts"]

LINT = """
import sys
from importlinter.cli import lint_imports
sys.exit(lint_imports(limit_to_contracts=tuple(sys.argv[1:]), no_cache=True, no_logo=True))
"""

# The name under which a distribution is imported, where that is not its own name.
IMPORT_NAMES = {"pyyaml": "yaml", "ruamel-yaml": "ruamel", "typing-extensions": "typing_extensions"}


def _lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT, *contracts],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_import_contract_holds() -> None:
    """No import of the project breaks a contract in pyproject.toml; the report names file and line."""
    result = _lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_runtime_dependency_has_one_home() -> None:
    """A dependency that is added to the project gets a contract that says where it may be imported."""
    housed = {name for contract in CONTRACTS for name in contract.get("forbidden_modules", ())}
    names = [re.split(r"[\[<>=~! ]", line, maxsplit=1)[0] for line in PYPROJECT["project"]["dependencies"]]
    normal = [name.lower().replace(".", "-").replace("_", "-") for name in names]
    homeless = [name for name in normal if IMPORT_NAMES.get(name, name) not in housed]
    assert homeless == []


def test_the_command_line_may_import_nothing_that_is_not_named() -> None:
    """A new package is closed to the command line: only operations, reports, errors and its own modules are open."""
    contract = next(entry for entry in CONTRACTS if entry["id"] == "commands-call-operations")
    inside = {path.stem for path in (ROOT / "reconciler").iterdir() if (path / "__init__.py").exists()}
    inside |= {path.stem for path in (ROOT / "reconciler").glob("*.py") if not path.stem.startswith("__")}

    closed = {name.removeprefix("reconciler.") for name in contract["forbidden_modules"]}

    assert inside - closed == {"cli", "errors", "operations", "reports"}


@pytest.mark.parametrize(
    ("module", "statement", "contract"),
    [
        ("model/address.py", "import reconciler.plan", "layers"),
        ("diffing/estates.py", "import networkx", "home-of-networkx"),
        ("simulator/platform.py", "import reconciler.validation", "simulator-alone"),
        ("apply/applier.py", "from reconciler.control_plane import rest", "apply-sees-the-port"),
        ("apply/objects/machine.py", "import threading", "machines-of-apply"),
        ("apply/objects/steps.py", "from reconciler.store import lock", "machines-of-apply"),
        ("apply/precondition.py", "import reconciler.apply.driver", "machines-of-apply"),
        ("apply/sims/machine.py", "import reconciler.apply.objects", "objects-and-sims"),
        ("apply/objects/machine.py", "import reconciler.apply.sims", "objects-and-sims"),
        ("apply/sims/waves.py", "import concurrent.futures", "machines-of-apply"),
        ("plan/planner.py", "import time", "pure-core"),
        ("cli/commands/plans.py", "import reconciler.plan", "commands-call-operations"),
        ("cli/applying.py", "import reconciler.store", "commands-call-operations"),
        ("cli/options.py", "import reconciler.environment", "commands-call-operations"),
        ("store/journal.py", "from reconciler.store import files", "layers-of-the-store"),
        ("store/journal.py", "from reconciler.store import location", "statements-know-no-files"),
        ("manifests/files.py", "from reconciler.manifests import loader", "layers-of-the-manifests"),
        ("manifests/sim_files.py", "from reconciler.manifests import yaml_events", "sim-files-without-yaml"),
        ("elsewhere/__init__.py", "", "layers"),
    ],
)
def test_a_broken_contract_is_reported(tmp_path: Path, module: str, statement: str, contract: str) -> None:
    """An import in the wrong direction, or a package that no layer names, fails that contract."""
    layers = next(entry for entry in CONTRACTS if entry["id"] == "layers")["layers"]
    for name in (part for layer in layers for part in re.split(r"[|: ]+", layer)):
        package = tmp_path / "reconciler" / name
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
    (tmp_path / "reconciler" / "__init__.py").touch()
    for path in (ROOT / "reconciler").rglob("*.py"):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.touch()
    (tmp_path / "reconciler" / "cli" / "streams.py").write_text("import reconciler.redaction", encoding="utf-8")
    (tmp_path / "reconciler" / "cli" / "main.py").write_text("import reconciler.diagnostics.spelling", encoding="utf-8")
    # The empty packages have none of the imports that the contracts except.
    lenient = 'unmatched_ignore_imports_alerting = "none"\n'
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8").replace(lenient, "")
    settings = re.sub(r'(type = "(forbidden|independence)"\n)', rf"\1{lenient}", settings)
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    assert _lint(tmp_path, contract).returncode == 0

    target = tmp_path / "reconciler" / module
    target.parent.mkdir(exist_ok=True)
    (target.parent / "__init__.py").touch()
    target.write_text(statement, encoding="utf-8")
    result = _lint(tmp_path, contract)
    assert result.returncode != 0, result.stdout
    assert Path(module).parts[0] in result.stdout
