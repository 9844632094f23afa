"""Changes that need no consent: ten SIMs on trial, and the first apply of a whole fleet, also after an interruption."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.features.cli.desk import ROOT, eventually
from tests.features.cli.guarded import Guarded, csv, trial
from tests.features.sims.estate import endpoint, iccids

TEN = iccids(10)
FLEET = 12_000
UK = "estate/sims.yaml"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """Ten SIMs in service."""
    return trial(tmp_path_factory.mktemp("trial") / "estate")


@pytest.fixture
def ten(template: Guarded, tmp_path: Path) -> Guarded:
    """A copy of the trial."""
    return template.copy_to(tmp_path / "estate")


def _replaced(estate: Guarded, file: str, old: str, new: str) -> None:
    text = (estate.root / file).read_text(encoding="utf-8")
    assert old in text
    estate.write(file, text.replace(old, new))


def _column(estate: Guarded, field: str, values: list[str]) -> None:
    """Another column in the file of the ten SIMs."""
    rows = "".join(f"{number},Van,{value}\n" for number, value in zip(TEN, values, strict=True))
    estate.write("sims/uk.csv", f"iccid,name,more\n{rows}")
    _replaced(estate, UK, "sims/uk.csv, columns: {", f"sims/uk.csv, columns: {{{field}: more, ")


def _set(estate: Guarded, more: str) -> None:
    _replaced(estate, UK, "{group: fleet-uk, ", f"{{group: fleet-uk, {more}, ")


def _edited(old: str, new: str) -> Callable[[Guarded], None]:
    return lambda estate: _replaced(estate, "estate/network.yaml", old, new)


def _other_policy(estate: Guarded) -> None:
    estate.declare(
        "policy", "kind: RegionalPolicy\nmetadata: {name: world-wide}\nspec: {defaultGateway: north-america}\n"
    )
    _replaced(estate, "estate/network.yaml", "regionalPolicy: europe-only", "regionalPolicy: world-wide")


def _moved(estate: Guarded) -> None:
    estate.write("sims/uk.csv", csv([], "name"))
    estate.write("sims/de.csv", csv(TEN, name="Van"))


EDITS: Mapping[str, Callable[[Guarded], None]] = {
    "other names": lambda e: e.write("sims/uk.csv", csv(TEN, name="Truck")),
    "references": lambda e: _column(e, "reference", [f"VAN-{n}" for n in range(10)]),
    "addresses": lambda e: _column(e, "staticIPv4", [f"100.64.7.{n + 1}" for n in range(10)]),
    "locks": lambda e: _column(e, "imeiLock", [str(490154203237510 + n) for n in range(10)]),
    "tags": lambda e: _set(e, "attributes: {tags: [trial]}"),
    "key values": lambda e: e.declare(
        "values",
        *(endpoint(f"trial-{n}", number, ", keyValues: {depot: london}") + "---\n" for n, number in enumerate(TEN)),
    ),
    "suspension": lambda e: _column(e, "state", ["suspended"] * 10),
    "a move of all": _moved,
    "a list without them": lambda e: e.write("sims/uk.csv", csv([], "name")),
    "a rule": _edited("action: forward, target: fleet-internet", "action: drop"),
    "another policy": _other_policy,
    "a gateway": _edited("defaultGateway: europe", "defaultGateway: north-america"),
    "a further subnet": _edited("100.67.0.0/29]", "100.67.0.0/29, 100.70.0.0/16]"),
    "idle sessions": _edited(
        "routingPolicy: fleet-policy, ",
        "routingPolicy: fleet-policy, sessionInactivity: {seconds: 600, action: notifyAndTerminate}, ",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_any_edit_of_all_ten_sims_needs_no_consent(ten: Guarded, name: str) -> None:
    """A trial is there to be tried with: whatever is edited, for all ten at once, is planned and not refused."""
    EDITS[name](ten)

    assert ten.verdicts() == {}
    assert ten.run("plan", "--detailed-exitcode").exit_code == (0 if name == "a list without them" else 2)


@pytest.mark.slow
def test_a_trial_is_applied_edit_by_edit(ten: Guarded, template: Guarded) -> None:
    """Each edit of all ten is applied without consent, and after each the plan is empty."""
    # The edit of the rule comes last: taking it back opens a default route, and a new peer needs a consent.
    for name, edit in sorted(EDITS.items(), key=lambda item: item[0] == "a rule"):
        for file in ("sims/uk.csv", "sims/de.csv", UK, "estate/network.yaml"):
            shutil.copy(template.root / file, ten.root / file)
        edit(ten)
        assert "Apply complete" in ten.apply().output or name == "a list without them"


@pytest.fixture
def fleet(tmp_path: Path) -> Guarded:
    """A fleet that is declared and pending, with a name, a reference, a lock and an address for each SIM."""
    estate = trial(tmp_path / "estate", 10, applied=False)
    numbers = iccids(FLEET)
    estate.stock(numbers[10:])
    _settle(estate, numbers)
    return estate


def _settle(estate: Guarded, numbers: list[str]) -> None:
    """A name, a reference, a lock and an address for each SIM."""
    _declare(estate, numbers, lock=490154203200000)
    columns = "displayName: name, reference: reference, imeiLock: lock, staticIPv4: address"
    _replaced(estate, UK, "sims/uk.csv, columns: {displayName: name}", f"sims/uk.csv, columns: {{{columns}}}")


def _declare(estate: Guarded, numbers: list[str], *, lock: int) -> None:
    rows = (
        f"{number},Van {n},VAN-{n},{lock + n},100.64.{n // 250 + 1}.{n % 250 + 1}\n" for n, number in enumerate(numbers)
    )
    estate.write("sims/uk.csv", f"iccid,name,reference,lock,address\n{''.join(rows)}")


@pytest.mark.slow
def test_the_first_apply_of_a_fleet_needs_no_consent(fleet: Guarded) -> None:
    """12,000 pending SIMs with settings on each go into service: no guard counts what a first assignment sets."""
    planned = fleet.run("plan", "-o", "json")

    assert planned.exit_code == 0, planned.output[-2000:]
    document = json.loads(planned.stdout)
    (move,) = document["plan"]["roster"]["changes"]
    assert (len(move["iccids"]), len(document["plan"]["roster"]["edits"])) == (FLEET, FLEET)
    assert {result["verdict"] for result in document["verdicts"]} == {"pass"}


@pytest.mark.slow
def test_an_interrupted_first_apply_goes_on_without_consent(tmp_path: Path) -> None:
    """Killed when its SIMs were in service and some of them named and locked: the same command does the rest."""
    estate = trial(tmp_path / "estate", 300, applied=False)
    _settle(estate, iccids(300))
    command = [sys.executable, "-m", "reconciler", "apply", "--auto-approve", "--chdir", str(estate.root)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "STACUITY_HOST": "embedded"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        eventually(process, b"60 %  ")
        process.kill()

    again = estate.run("plan", "-o", "json")
    edits = json.loads(again.stdout)["plan"]["roster"]["edits"]
    assert (again.exit_code, 60 < len(edits) < 300) == (0, True), (len(edits), again.output[:500])
    estate.apply()
    _declare(estate, iccids(300), lock=490154203300000)
    assert estate.verdicts() == {"simsTouched": ("deny", 300)}
