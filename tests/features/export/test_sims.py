"""SIMs in an export: one file for each group, read back as they are."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.accounts.platform import Platform, platform, tree
from tests.features.sims.estate import iccids

SIMS = iccids(12)


@pytest.fixture
def account() -> Iterator[Platform]:
    """Two groups with SIMs in every state, and SIMs in no group."""
    with platform() as found:
        found.network()
        for name in ("cars-uk", "cars-de"):
            found.group(name)
        found.simulator.put_sims(SIMS)
        found.simulator.put_sims(SIMS[:5], "cars-uk", "active")
        found.simulator.put_sims(SIMS[5:8], "cars-de", "active")
        edits = {
            0: {"name": 'Lorry, "Berta"', "tags": ["a;b", "x y", '"q'], "reference": "HGV-1"},
            1: {"name": " blanks ", "tags": ["north", "a,b"], "imeiLock": "123456789012345"},
            2: {"name": "Familie \N{MAN}\u200d\N{BOY}\u00a0x", "reference": "=1+1"},
            4: {"staticIpAddress": "10.20.0.9"},
            9: {"name": "in a drawer", "tags": ["spare"]},
        }  # fmt: skip
        for place, edit in edits.items():
            found.client.ok("PUT", f"/endpoints/{SIMS[place]}", edit)
        found.client.ok("POST", "/endpoints/status", {"endpoints": SIMS[5:6], "endpointStatus": "suspended"})
        found.client.ok("POST", "/endpoints/status", {"endpoints": SIMS[6:7], "endpointStatus": "terminated"})
        found.simulator.clear_log()
        yield found


def test_sims_of_an_account_are_files_that_change_nothing(account: Platform, tmp_path: Path) -> None:
    """The export of SIMs in every state is valid, its plan is empty, and taking it over sends nothing."""
    folder = str(tmp_path / "estate")
    exported = account.run("export", folder)
    assert (exported.exit_code, "not proven" in exported.output) == (0, False), exported.output
    assert account.run("validate", "-C", folder).exit_code == 0
    adopted = account.run("apply", "--adopt", "-y", "-C", folder)
    assert adopted.exit_code == 0, adopted.output
    assert account.run("plan", "--detailed-exitcode", "-C", folder).exit_code == 0
    assert account.run("drift", "-C", folder).exit_code == 0
    assert account.written() == []


@pytest.mark.slow
def test_a_row_holds_what_is_known_of_a_sim(account: Platform, tmp_path: Path) -> None:
    """Names, tags with semicolons and quotation marks, references, addresses, locks and states are in the row."""
    account.run("export", str(tmp_path / "estate"))
    files = tree(tmp_path / "estate")
    rows = {name: list(csv.reader(io.StringIO(text.decode()))) for name, text in files.items() if name[-4:] == ".csv"}
    assert rows["sims/cars-uk.csv"] == [
        ["iccid", "state", "displayName", "reference", "tags", "staticIPv4", "imeiLock"],
        [SIMS[0], "active", 'Lorry, "Berta"', "HGV-1", '"""q";"a;b";x y', "", ""],
        [SIMS[1], "active", "blanks", "", "a,b;north", "", "123456789012345"],
        [SIMS[2], "active", "Familie \N{MAN}\u200d\N{BOY}\u00a0x", "=1+1", "", "", ""],
        [SIMS[3], "active", "", "", "", "", ""],
        [SIMS[4], "active", "", "", "", "10.20.0.9", ""],
    ]
    assert [row[:2] for row in rows["sims/cars-de.csv"][1:]] == [[SIMS[5], "suspended"], [SIMS[7], "active"]]
    assert [row[:3] for row in rows["sims/sims-in-no-group.csv"][1:3]] == [
        [SIMS[8], "", ""],
        [SIMS[9], "", "in a drawer"],
    ]
    assert f"iccid: '{SIMS[6]}'\n          state: terminated" in files["endpoint-sets.yaml"].decode()


@pytest.mark.slow
def test_a_second_export_has_the_same_bytes(account: Platform, tmp_path: Path) -> None:
    """Exporting twice into folders of one name gives the same files."""
    for place in ("one", "two"):
        assert account.run("export", str(tmp_path / place / "estate")).exit_code == 0
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_a_name_given_in_the_portal_is_seen(account: Platform, tmp_path: Path) -> None:
    """A SIM without a name in its row is meant to have none: a name that it gets later is drift."""
    folder = str(tmp_path / "estate")
    account.run("export", folder)
    account.run("apply", "--adopt", "-y", "-C", folder)
    account.client.ok("PUT", f"/endpoints/{SIMS[3]}", {"name": "Heinz", "tags": ["new"]})
    drift = account.run("drift", "-C", folder)
    assert (drift.exit_code, "displayName" in drift.output, "tags" in drift.output) == (2, True, True), drift.output


@pytest.mark.slow
def test_a_brief_export_manages_no_empty_cells(account: Platform, tmp_path: Path) -> None:
    """With --brief an empty cell says nothing, and each file says so."""
    folder = tmp_path / "estate"
    account.run("export", str(folder), "--brief")
    account.client.ok("PUT", f"/endpoints/{SIMS[3]}", {"name": "Heinz"})
    plan = account.run("plan", "--adopt", "-C", str(folder))
    assert ("Heinz" in plan.output, "--brief" in (folder / "endpoint-sets.yaml").read_text()) == (False, True)


def test_a_value_that_no_cell_holds_is_kept_and_named(account: Platform, tmp_path: Path) -> None:
    """A name with a line break is in the table, and neither it nor the other values of the SIM are touched."""
    account.client.ok("PUT", f"/endpoints/{SIMS[3]}", {"name": "two\nlines", "tags": ["kept"]})
    account.simulator.clear_log()
    folder = tmp_path / "estate"
    exported = account.run("export", str(folder))
    assert exported.exit_code == 0, exported.output
    assert f'SIM {SIMS[3]} · displayName · "two\\nlines"' in exported.output
    assert f"{SIMS[3]},active,,,kept,," in (folder / "sims" / "cars-uk-partly.csv").read_text()
    assert account.run("apply", "--adopt", "-y", "-C", str(folder)).exit_code == 0
    assert account.written() == []
