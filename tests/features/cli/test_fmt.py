"""``fmt``: one layout for all manifests, never another value."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.manifests.declarations import Loaded
from reconciler.operations.validate import check
from tests.features.cli.desk import ROOT

ODD = """\
# above all
apiVersion:   reconciler.dev/v1alpha1
kind: VSlice
metadata: { name:  fleet-net }   # the name
spec:
      # the networks
      subnets:
      - 100.64.0.0/16


      -   100.65.0.0/16      # more
      displayName: 'NO'BLANKS
---
# only a comment
""".replace("BLANKS", "   ")
EVEN = """\
# above all
apiVersion: reconciler.dev/v1alpha1
kind: VSlice
metadata: {name: fleet-net}      # the name
spec:
  # the networks
  subnets:
    - 100.64.0.0/16

    - 100.65.0.0/16          # more
  displayName: 'NO'
---
# only a comment
"""


def _run(folder: Path, *arguments: str, **settings: str) -> Result:
    environment = {"STACUITY_HOST": "embedded"}
    return CliRunner().invoke(cli, ["fmt", *arguments, "-C", str(folder)], env=environment, input=settings.get("input"))


def _loaded(folder: Path) -> Loaded:
    return check(folder, remember=False).sound()


def test_an_odd_layout_becomes_the_usual_one_and_stays(tmp_path: Path) -> None:
    """The file is named, and the second time there is nothing to do."""
    (tmp_path / "a.yaml").write_text(ODD, encoding="utf-8")
    before = _loaded(tmp_path).built.estate
    first, second = _run(tmp_path), _run(tmp_path)
    assert [(one.exit_code, one.output) for one in (first, second)] == [(0, "a.yaml\n"), (0, "")]
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == EVEN
    assert dict(_loaded(tmp_path).built.estate) == dict(before)


def test_check_writes_nothing_and_says_so_by_its_exit_code(tmp_path: Path) -> None:
    """Exit code 2 when a file would change, 0 when none would; with --diff the patch is printed."""
    (tmp_path / "a.yaml").write_text(ODD, encoding="utf-8")
    odd = _run(tmp_path, "--check")
    assert (odd.exit_code, odd.output) == (2, "a.yaml\n")
    assert "+metadata: {name: fleet-net}" in _run(tmp_path, "--check", "--diff").stdout
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == ODD
    (tmp_path / "a.yaml").write_text(EVEN, encoding="utf-8")
    even = _run(tmp_path, "--check")
    assert (even.exit_code, even.output) == (0, "")


def test_standard_input_is_laid_out_on_standard_output(tmp_path: Path) -> None:
    """For editors: nothing is read from the estate, and nothing is written."""
    ended = _run(tmp_path, "-", input=ODD)
    assert (ended.exit_code, ended.stdout) == (0, EVEN)
    assert _run(tmp_path, "-", "--check", input=ODD).exit_code == 2


def test_only_the_named_files_are_laid_out(tmp_path: Path) -> None:
    """A path is a file or a folder below the estate; the settings of the estate are a file among the others."""
    for name in ("a.yaml", "b/c.yaml", "b/d.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(ODD, encoding="utf-8")
    settings = "apiVersion:  reconciler.dev/v1alpha1\nkind: Estate\nmetadata: {name: x}\nspec: {manifests: [.]}\n"
    (tmp_path / "reconciler.yaml").write_text(settings, encoding="utf-8")
    assert _run(tmp_path, "b").output == "b/c.yaml\nb/d.yaml\n"
    assert _run(tmp_path).output == "reconciler.yaml\na.yaml\n"


def test_a_file_that_cannot_be_read_stops_all_of_it(tmp_path: Path) -> None:
    """Exit code 8 with the place; no other file is touched."""
    (tmp_path / "a.yaml").write_text(ODD, encoding="utf-8")
    (tmp_path / "b.yaml").write_text("kind: [\n", encoding="utf-8")
    ended = _run(tmp_path)
    assert (ended.exit_code, "b.yaml:" in ended.stderr) == (8, True)
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == ODD


def test_a_document_that_would_lose_a_comment_stays_as_it_is(tmp_path: Path) -> None:
    """A comment inside a list in brackets has no place in the layout; the place is named."""
    text = "a:   [1,  # one\n   2]\n---\nb:    2\n"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    ended = _run(tmp_path)
    content = (tmp_path / "a.yaml").read_text(encoding="utf-8")
    assert "# one" in content
    assert content.endswith("---\nb: 2\n")
    assert ended.exit_code == 0
    if content.startswith("a:   ["):
        assert ended.stderr == "note: a.yaml:1 stays as it is: it could not be written without a loss\n"


@pytest.mark.slow
@pytest.mark.parametrize("example", ["vantiq", "minimal", "kinds", "fleet-12000"])
def test_the_examples_are_laid_out_as_fmt_lays_them_out(tmp_path: Path, example: str) -> None:
    """Nobody learns another layout from them."""
    shutil.copytree(ROOT / "examples" / example, tmp_path / "x", ignore=shutil.ignore_patterns(".reconciler"))
    ended = _run(tmp_path / "x", "--check", ".")
    assert (ended.exit_code, ended.output) == (0, "")
