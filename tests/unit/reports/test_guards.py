"""Guards in words: every name that a plan prints is explained, by `explain` and on the page."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli.main import cli
from reconciler.plan.limits import DEFAULTS, WITH_SHARES, Guard
from reconciler.plan.meanings import MEANINGS, STRUCTURAL, WARNINGS
from reconciler.reports.guard_examples import EXAMPLES
from reconciler.reports.guards import explained, guard_named, page

PACKAGE = Path(__file__).parents[3] / "reconciler"
NAMED = re.compile(r'GuardResult\(\s*"([a-zA-Z-]+)"')
ALL = [*(guard.value for guard in Guard), *STRUCTURAL, *WARNINGS]


def test_every_verdict_that_the_program_gives_has_a_meaning() -> None:
    """No name of a guard is printed that `explain` does not know."""
    given = {name for path in PACKAGE.rglob("*.py") for name in NAMED.findall(path.read_text(encoding="utf-8"))}

    assert sorted(given - set(ALL)) == []
    assert set(MEANINGS) == set(Guard)


def test_a_whole_is_said_where_a_share_may_be() -> None:
    """The guards that take a share say what of, and the others do not."""
    assert {guard for guard, meaning in MEANINGS.items() if meaning.whole} == WITH_SHARES


def test_every_guard_has_a_bad_and_a_good_example() -> None:
    """No guard is without, and no example is of a guard that is not there."""
    assert sorted(EXAMPLES) == sorted(ALL)
    assert [name for name, example in EXAMPLES.items() if example.bad == example.good] == []
    assert [name for name in ALL if f"Passes:   {EXAMPLES[name].good}" not in explained(name)] == []


@pytest.mark.parametrize("name", ALL)
def test_explain_says_what_a_guard_is(name: str) -> None:
    """By its name in any case; a guard with a limit says its default and how to consent."""
    result = CliRunner().invoke(cli, ["explain", name.upper()])

    assert (result.exit_code, result.output) == (0, f"{explained(name)}\n")
    limits = {guard.value: str(limit) for guard, limit in DEFAULTS.items()}
    if name in limits:
        assert f"Default: {limits[name]}" in result.output
        assert f"--allow {name}=NUMBER" in result.output


def test_the_page_has_each_of_them_once() -> None:
    """A row for each guard and each warning."""
    rows = re.findall(r"^\| `([a-zA-Z-]+)` \|", page(), re.MULTILINE)

    assert rows == ALL


def test_no_other_word_is_a_guard() -> None:
    """A word that is no guard is looked for among the kinds."""
    assert guard_named("EndpointGroup") is None
    assert CliRunner().invoke(cli, ["explain", "simMove"]).exit_code == 64
