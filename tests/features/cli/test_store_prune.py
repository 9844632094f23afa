"""`store prune`, and what each apply prunes, from the command line."""

from pathlib import Path

import pytest

from reconciler.store.location import StoreLocation
from tests.features.cli.copies import Copy
from tests.unit.store.stores import execute, rows_of


def _aged(copy: Copy) -> StoreLocation:
    """An estate that was applied a year ago; what the chain of facts covers is as it was."""
    assert copy.run("apply", "--auto-approve").exit_code == 0
    location = StoreLocation.parse("sqlite:.reconciler/state.db", copy.root)
    execute(location, "UPDATE action SET updated = updated - 31536000")
    execute(location, "UPDATE resource SET by_action = NULL")
    execute(location, "UPDATE run SET started = '2020' || substr(started, 5)")
    return location


def test_what_is_old_is_counted_then_removed_and_the_store_is_sound(tmp_path: Path) -> None:
    """A dry run changes nothing and says the same numbers; the estate still plans to nothing."""
    copy = Copy(tmp_path / "vantiq")
    location = _aged(copy)
    before = rows_of(location, "action")

    tried = copy.run("store", "prune", "--older-than", "30d", "--dry-run")
    assert rows_of(location, "action") == before
    done = copy.run("store", "prune", "--older-than", "30d")

    count = f"{len(before):,} requests, 0 facts and 0 runs older than 30 days.\n"
    assert (tried.exit_code, tried.output) == (0, f"Would remove {count}")
    assert (done.exit_code, done.output) == (0, f"Removed {count}")
    assert rows_of(location, "action") == {}
    assert copy.run("store", "doctor").exit_code == 0
    assert copy.run("plan", "--detailed-exitcode").exit_code == 0


@pytest.mark.parametrize(
    "days", ["", "d", "0d", "90", "-1d", "1.5d", "90h", "36501d", "1000000d", "\N{SUPERSCRIPT TWO}d"]
)
def test_what_is_no_number_of_days_is_refused(tmp_path: Path, days: str) -> None:
    """Exit code 64, before the store is looked for."""
    result = Copy(tmp_path / "vantiq").run("store", "prune", "--older-than", days)

    assert result.exit_code == 64
    assert "is no number of days from 1d to 36500d" in result.stderr


def test_an_estate_that_the_store_does_not_know_has_nothing_to_prune(tmp_path: Path) -> None:
    """Exit code 8 names the estates that it knows."""
    copy = Copy(tmp_path / "vantiq")
    assert copy.run("apply", "--auto-approve").exit_code == 0
    location = StoreLocation.parse("sqlite:.reconciler/state.db", copy.root)
    execute(location, "UPDATE estate SET name = 'another'")

    result = copy.run("store", "prune")

    assert result.exit_code == 8
    assert "another" in result.stderr
