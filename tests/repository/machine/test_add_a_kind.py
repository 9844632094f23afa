"""A stranger adds a kind by following ``docs/how-to/add-a-kind.md``, and nothing else, in a clean copy of the tree."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.repository.machine.clone import clone, surroundings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PAGE = "docs/how-to/add-a-kind.md"
# A path alone on its line, and the block below it.
_FILE = re.compile(r"^`([^`\n]+)`:\n\n```[a-z]+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TRIED = (
    "tests/unit/model",
    "tests/unit/test_effects.py",
    "tests/unit/test_rulebook.py",
    "tests/repository/architecture/test_kinds.py",
    "tests/repository/architecture/test_house.py",
    "tests/conformance/test_every_kind.py",
    "tests/features/journeys/test_fleet.py",
    "tests/laws",
)
"""The pages and tables with a row for each kind."""


class Followed(NamedTuple):
    """A copy of the tree with the new kind in it, and the paths of the files that the page says to write."""

    place: Path
    files: tuple[str, ...]

    def python(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the copy's code with the interpreter of this run, on the embedded platform."""
        given = surroundings(
            STACUITY_HOST="embedded", STACUITY_TOKEN="a-strangers-token", PYTHONPATH=str(self.place), **environment
        )
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=self.place, env=given, capture_output=True, text=True, check=False)

    def reconciler(self, *arguments: str) -> str:
        """One command that succeeds; what it printed."""
        done = self.python("-m", "reconciler", *arguments)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def changes(self, estate: str) -> list[dict[str, Any]]:
        """The changes of a plan of the estate."""
        found: list[dict[str, Any]] = json.loads(self.reconciler("plan", "--chdir", estate, "-o", "json"))["plan"][
            "changes"
        ]
        return found


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """The page followed to its end: its files written, its two generators run."""
    place = clone(tmp_path_factory.mktemp("stranger"))
    files = _FILE.findall((place / PAGE).read_text(encoding="utf-8"))
    for name, content in files:
        assert not (place / name).exists()
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(content, encoding="utf-8")
    copy = Followed(place, tuple(name for name, _ in files))
    for tool in ("tools.schemas", "tools.docs"):
        done = copy.python("-m", tool)
        assert done.returncode == 0, done.stderr
    return copy


@pytest.fixture
def estate(followed: Followed) -> str:
    """The folder of the example, without what an earlier test has left there."""
    state = followed.place / "examples/kinds/usage-limit/.reconciler"
    for path in sorted(state.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    return "examples/kinds/usage-limit"


def test_a_kind_is_two_source_files_and_an_example(followed: Followed) -> None:
    """The page writes the kind and the platform's rules for it; everything else is YAML."""
    assert [name for name in followed.files if name.endswith(".py")] == [
        "reconciler/kinds/usage_limit.py",
        "reconciler/simulator/rules/usage_limit.py",
    ]
    assert {Path(name).parent.as_posix() for name in followed.files if not name.endswith(".py")} == {
        "examples/kinds/usage-limit"
    }


def test_schemas_and_pages_have_the_new_kind(followed: Followed) -> None:
    """One schema and one page more, the kind in the schema of all, and nothing else that is generated changes."""
    place = followed.place
    schema = json.loads((place / "schemas/usage-limit.schema.json").read_text(encoding="utf-8"))
    page = (place / "docs/reference/kinds/usage-limit.md").read_text(encoding="utf-8")
    everything = json.loads((place / "schemas/manifest.schema.json").read_text(encoding="utf-8"))

    fields = ["displayName", "vslice", "megabytes", "action"]
    assert list(schema["properties"]["spec"]["properties"]) == fields
    assert re.findall(r"^\| `([a-zA-Z]+)` \|", page, re.MULTILINE) == fields
    assert "kind: UsageLimit" in page
    assert "UsageLimit" in everything["properties"]["kind"]["enum"]
    for tool in ("tools.schemas", "tools.docs"):
        assert followed.python("-m", tool, "--check").returncode == 0
    assert "megabytes" in followed.reconciler("explain", "UsageLimit")
    assert json.loads(followed.reconciler("schema", "UsageLimit")) == schema


def test_the_example_is_validated_planned_applied_and_then_has_nothing_to_do(followed: Followed, estate: str) -> None:
    """Validate, plan, apply, a second plan that is empty, and an edit whose effect is the one that the kind states."""
    assert followed.reconciler("validate", "--chdir", estate).startswith("Valid")
    assert [(one["address"], one["action"], one["waitsFor"]) for one in followed.changes(estate)] == [
        ("VSlice/plant-sensors", "create", []),
        ("UsageLimit/sensor-data", "create", ["VSlice/plant-sensors"]),
    ]

    followed.reconciler("apply", "--chdir", estate, "--auto-approve")
    followed.reconciler("plan", "--chdir", estate, "--detailed-exitcode")

    manifest = followed.place / estate / "usage-limit.yaml"
    written = manifest.read_text(encoding="utf-8")
    manifest.write_text(written.replace("megabytes: 50 ", "megabytes: 80 "), encoding="utf-8")
    edited = followed.changes(estate)
    manifest.write_text(written, encoding="utf-8")
    assert [(one["address"], one["action"]) for one in edited] == [("UsageLimit/sensor-data", "update")]
    assert (edited[0]["before"]["megabytes"], edited[0]["after"]["megabytes"]) == (50, 80)


def test_the_export_is_the_example_again(followed: Followed, estate: str, tmp_path: Path) -> None:
    """An applied object is exported into a file named for the kind, valid and without a difference."""
    followed.reconciler("apply", "--chdir", estate, "--auto-approve")
    followed.reconciler("export", "--chdir", estate, str(tmp_path / "exported"))

    written = (tmp_path / "exported" / "usage-limits.yaml").read_text(encoding="utf-8")
    assert [line.strip() for line in written.splitlines()[-4:]] == [
        "displayName: Data of sensors",
        "vslice: plant-sensors",
        "megabytes: 50",
        "action: block",
    ]
    assert followed.reconciler("validate", "--chdir", str(tmp_path / "exported")).startswith("Valid")


def test_a_broken_reference_and_a_wrong_word_are_reported_with_their_places(followed: Followed, tmp_path: Path) -> None:
    """Validation knows the fields of the new kind, its words and what it refers to."""
    (tmp_path / "limit.yaml").write_text(
        "apiVersion: reconciler.dev/v1alpha1\nkind: UsageLimit\nmetadata: {name: sensor-data}\n"
        "spec:\n  vslice: nowhere\n  megabytes: 5\n  action: blok\n",
        encoding="utf-8",
    )
    done = followed.python("-m", "reconciler", "validate", "--chdir", str(tmp_path))

    assert done.returncode == 8
    assert "limit.yaml:7:11" in done.stdout + done.stderr
    assert "block" in done.stdout + done.stderr


def test_the_tests_that_have_a_row_for_each_kind_take_the_new_one_in(followed: Followed) -> None:
    """The kind's own rules, its effects, the conformance list and the laws hold for it."""
    drawn = followed.python("-c", "from tests.laws.estates import kinds_in_order as k; print('UsageLimit' in k())")
    options = (
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-m",
        "not slow",
        "-k",
        "not twelve and not relocate and not removed",
    )

    done = followed.python("-m", "pytest", *options, *_TRIED, RECONCILER_LAWS="light")

    assert drawn.stdout == "True\n", drawn.stderr
    assert done.returncode == 0, f"{done.stdout[-3000:]}{done.stderr[-1000:]}"


def test_a_field_that_is_forgotten_stops_the_program(followed: Followed) -> None:
    """The error that the page shows is the one that comes."""
    path = followed.place / "reconciler/kinds/usage_limit.py"
    written = path.read_text(encoding="utf-8")
    kept = [line for line in written.splitlines(keepends=True) if '"limitAction"' not in line]
    path.write_text("".join(kept), encoding="utf-8")
    done = followed.python("-m", "reconciler", "validate", "--chdir", "examples/minimal")
    path.write_text(written, encoding="utf-8")

    assert done.returncode != 0
    said = re.findall(r"^error: KindError: .*$", (followed.place / PAGE).read_text(encoding="utf-8"), re.MULTILINE)
    assert done.stderr.splitlines()[:1] == said
