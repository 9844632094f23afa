"""The benchmarks measure what they say: generator, twins, verdicts."""

import json
import math
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import octodns, terraform
from bench.__main__ import GROUPS, main
from bench.generator import Layout, counts, documents, write
from bench.measuring import Sample, exponent, quotient, rounds, sample
from bench.results import Result, alarms, skipped
from bench.sims_estate import Fleet, write_objects
from reconciler.operations.validate import check
from reconciler.plan.limits import ALL_OFF


@given(size=st.integers(10, 3000), share=st.integers(0, 100))
def test_an_estate_has_its_size_and_its_changes(size: int, share: int) -> None:
    """As many objects as it says, each name once, and exactly the wanted number of them edited."""
    total = counts(size).total
    changed = total * share // 100
    before, after = list(documents(size)), list(documents(size, changed=changed))
    assert len(before) == len({(kind, text.split("\n")[3]) for kind, text in before}) == total
    assert sum(old != new for old, new in zip(before, after, strict=True)) == changed
    assert abs(total - size) <= size // 5


@pytest.mark.parametrize("layout", Layout)
def test_a_layout_moves_objects_and_loses_none(tmp_path: Path, layout: Layout) -> None:
    """The same manifests lie in the files of every layout."""
    files = write(tmp_path / layout, 700, layout=layout)
    lying = [text for file in files for text in file.read_text(encoding="utf-8").split("---\n")]
    assert sorted(lying) == sorted(text for _, text in documents(700))
    assert max(sum(1 for _ in folder.iterdir()) for folder in {file.parent for file in files}) <= 201


def test_no_guard_stops_what_is_measured(tmp_path: Path) -> None:
    """Each estate that is generated turns off every guard that has a limit."""
    write(tmp_path / "objects", 500)
    write_objects(tmp_path / "sims", Fleet(0, 10))
    found = [check(tmp_path / name, remember=False).sound().configuration.guardrails for name in ("objects", "sims")]
    assert found == [ALL_OFF, ALL_OFF]


@given(power=st.floats(0.5, 2.5), fixed=st.floats(0, 10))
def test_the_exponent_of_a_power_is_found(power: float, fixed: float) -> None:
    """Times that grow as a power of the size, above a fixed cost, have that power as their exponent."""
    times = {size: fixed + 0.01 * size**power for size in (2000, 6325, 20000)}
    assert exponent(times, fixed) == pytest.approx(power, rel=1e-6)


def test_noise_has_no_exponent_and_keeps_no_gate() -> None:
    """A time below the fixed cost gives no number, and what is no number fails."""
    value = exponent({10: 1.0, 100: 0.5}, 0.7)
    assert math.isnan(value)
    assert Result("8", "exponent", value, 1.1).has_failed


def test_a_ratio_is_the_median_of_its_rounds() -> None:
    """One slow round, on either side, does not decide; each case is run once before it counts."""
    walls = iter([99.0, 99.0, 2.0, 1.0, 20.0, 1.0, 2.0, 1.0])

    def case() -> Sample:
        return Sample(next(walls), 1.0, 1.0)

    found = rounds({"ours": case, "anchor": case}, 3)
    assert quotient(found, "ours", "anchor") == 2.0
    assert quotient(found, "ours", "anchor", of="cpu") == 1.0


def test_a_process_that_fails_is_not_measured(tmp_path: Path) -> None:
    """A process that ends with another code than expected stops the run, with the end of what it complained about."""
    with pytest.raises(SystemExit, match=r"exit 3(.|\n)*too bad"):
        sample([sys.executable, "-c", "import sys; print('too bad', file=sys.stderr); sys.exit(3)"], tmp_path)


def test_what_is_skipped_says_so_and_fails_nothing() -> None:
    """A row whose anchor is missing is in the table, with the reason."""
    (result,) = skipped([("1", "cold plan")], "terraform is not installed")
    assert not result.has_failed
    assert "skipped" in result.line()
    assert "terraform is not installed" in result.line()


def test_every_row_of_a_plan_is_measured() -> None:
    """Rows 1 to 13, 19 and 23 to 26 have a group."""
    rows = {row for group in GROUPS for row in group.rows}
    assert {int(row) for row in rows} == {*range(1, 14), 19, *range(23, 27)}


@pytest.mark.slow
def test_a_row_is_measured_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One row can be asked for by itself; its JSON says what it was measured on."""
    assert main(["--rows", "25", "--objects", "500", "--json", str(tmp_path / "out" / "bench.json")]) == 0
    written = json.loads((tmp_path / "out" / "bench.json").read_text(encoding="utf-8"))
    assert [(result["row"], result["value"], result["verdict"]) for result in written["results"]] == [
        ("25", 0, "ok"),
        ("25", 0, "ok"),
    ]
    assert written["objects"] == 500
    assert written["machine"]["packages"]["click"]
    assert "0 of 2 gates failed" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(terraform.terraform() is None, reason="terraform is not installed")
def test_terraform_finds_no_change_in_its_twin_and_one_in_an_edited_one(tmp_path: Path) -> None:
    """The made state is what an apply would have left; an edited block is found."""
    program = terraform.terraform()
    assert program is not None
    terraform.Twin(program, tmp_path / "same", 200).plan()
    assert terraform.Twin(program, tmp_path / "edited", 200, changed=2).plan_json_bytes() > 0
    stale = terraform.Twin(program, tmp_path / "stale", 200)
    stale.expected = 2
    with pytest.raises(SystemExit, match="exit 0"):
        stale.plan()


@pytest.mark.skipif(octodns.interpreter() is None, reason="OCTODNS_PYTHON does not name an interpreter with octoDNS")
def test_octodns_finds_no_change_in_its_twin(tmp_path: Path) -> None:
    """The live records are those that are written; one that is missing is a change."""
    zone = octodns.Zone(octodns.interpreter() or "", tmp_path / "zone", 50)
    zone.plan(set())
    live = tmp_path / "zone" / "live.json"
    records = json.loads(live.read_text(encoding="utf-8"))
    del records["h000001"]
    live.write_text(json.dumps(records), encoding="utf-8")
    with pytest.raises(SystemExit, match="finds changes"):
        zone.plan(set())
    shutil.rmtree(tmp_path / "zone")


def test_a_row_that_became_worse_than_noise_is_an_alarm() -> None:
    """A fifth more time, or a tenth more memory, than in the run that was accepted."""
    accepted = [
        Result("4", "cold", 1.0),
        Result("9", "peak", 10.0),
        Result("5", "warm", 0.5),
        Result("1", "gone", None),
    ]
    measured = [
        Result("4", "cold", 1.25),
        Result("9", "peak", 11.5),
        Result("5", "warm", 0.59),
        Result("6", "new", 9.0),
    ]

    assert alarms(measured, accepted) == ["row 4  cold: 1.25, accepted 1.00", "row 9  peak: 11.50, accepted 10.00"]


@pytest.mark.slow
def test_a_run_goes_on_where_an_earlier_one_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows that the JSON has of the same size are kept, and not measured again."""
    file = tmp_path / "bench.json"
    assert main(["--rows", "25", "--objects", "500", "--json", str(file)]) == 0
    document = json.loads(file.read_text(encoding="utf-8"))
    document["results"][0]["what"] = "as it was measured before"
    file.write_text(json.dumps(document), encoding="utf-8")

    assert main(["--rows", "25", "--objects", "500", "--json", str(file), "--resume"]) == 0
    assert "as it was measured before" in capsys.readouterr().out
