"""The library of expressions is an extra: estates without templates work without it."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
# As on musl, for which there are no wheels: importing the library fails.
PROGRAM = """\
import sys
sys.modules["cel_expr_python"] = None
sys.argv = ["reconciler", *sys.argv[1:]]
from reconciler.__main__ import main
main()
"""
WATCHED = """\
import sys
from click.testing import CliRunner
from reconciler.cli.main import cli
done = CliRunner().invoke(cli, ["validate", "--chdir", sys.argv[1]])
assert done.exit_code == 0, done.output
words = ("reconciler.manifests.templates", "reconciler.expressions", "cel_expr_python", "google.protobuf")
print(sorted(name for name in sys.modules if name.startswith(words)))
"""


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command in a process of its own."""
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_an_estate_with_templates_names_the_missing_extra() -> None:
    """Exit code 8, one message, and the command that installs it."""
    done = run(PROGRAM, "validate", "--chdir", str(EXAMPLES / "vantiq-templates"))
    assert (done.returncode, "Traceback" in done.stderr) == (8, False)
    assert "needs the extra `templates`" in done.stderr
    assert "pip install 'reconciler[templates]'" in done.stderr


@pytest.mark.slow
def test_an_estate_without_templates_works_without_the_extra() -> None:
    """Nothing of it is missed."""
    done = run(PROGRAM, "validate", "--chdir", str(EXAMPLES / "minimal"))
    assert (done.returncode, done.stdout.startswith("Valid:")) == (0, True)


@pytest.mark.slow
def test_an_estate_without_templates_imports_nothing_of_them() -> None:
    """No module of templates, expressions or their library is loaded."""
    done = run(WATCHED, str(EXAMPLES / "minimal"))
    assert (done.stdout, done.stderr) == ("[]\n", "")
