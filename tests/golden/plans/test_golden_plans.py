"""
The view of a reviewer: plans of small estates, as text, as Markdown and as JSON.

A case is a folder: `before.yaml` was applied, `after.yaml` is planned, `reconciler.yaml` (optional) is the estate's
configuration. `case.json` (optional) says what else happened in between: SIMs in groups, secrets before and after,
objects without an owner, objects changed or gone on the platform, and whether what exists is taken over
(`--adopt`). `why.txt` says what to look for.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.control_plane.port import Step, Verb
from reconciler.model.address import Address
from reconciler.model.resource import Resource
from reconciler.operations.planning import read_and_plan as plan_of
from reconciler.operations.validate import check
from reconciler.plan.judging import with_verdicts
from reconciler.plan.plan import Plan
from reconciler.plan.planfile import body_of, decode, digest_of, encode
from reconciler.reports.plan_markdown import render as as_markdown
from reconciler.reports.plan_text import render
from reconciler.reports.viewing import view_of
from tests.golden_files import assert_golden
from tests.robustness.faults.house import House

CASES = Path(__file__).parent / "cases"
_NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir())


def _facts(case: Path) -> Mapping[str, Any]:
    path = case / "case.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _resources(root: Path, file: Path) -> tuple[Resource, ...]:
    folder = root / file.stem
    folder.mkdir()
    shutil.copy(file, folder / "estate.yaml")
    return tuple(check(folder).sound().built.estate.values())


def _prepare(house: House, case: Path, facts: Mapping[str, Any]) -> None:
    """Apply what was before, and let happen what happened since."""
    house.secrets.update(facts.get("secretsBefore", {}))
    if (case / "before.yaml").exists():
        # One after the other: the platform numbers objects as they come, and fingerprints have the numbers in them.
        report = house.apply(house.plan(*_resources(house.root, case / "before.yaml")), parallelism=1)
        assert report.exit_code == 0, report
    house.secrets.update(facts.get("secretsAfter", {}))
    for place, (group, count) in enumerate(facts.get("sims", {}).items()):
        house.simulator.put_sims([f"894400{place:03d}{number:010d}" for number in range(count)], group=group)
    epoch = house.store.acquire("since")
    for text in facts.get("foreign", ()):
        house.store.forget(epoch, Address.parse(text))
    house.store.release(epoch)
    for text, spec in facts.get("changedOnPlatform", {}).items():
        _send(house, Verb.UPDATE, Address.parse(text), spec)
    for text in facts.get("goneFromPlatform", ()):
        _send(house, Verb.DELETE, Address.parse(text), None)


def _send(house: House, verb: Verb, address: Address, spec: Mapping[str, Any] | None) -> None:
    live = house.control_plane.read(address.kind, address.name)
    assert live is not None
    house.control_plane.send(Step(verb, address, address.name, live.remote_id, spec), live)


def _planned(house: House, case: Path) -> Plan:
    folder = house.root / "after"
    folder.mkdir()
    shutil.copy(case / "after.yaml", folder / "estate.yaml")
    shutil.copy(case / "reconciler.yaml", folder) if (case / "reconciler.yaml").exists() else None
    loaded = check(folder).sound()
    planned = plan_of(
        loaded,
        house.control_plane,
        inventory=house.store.inventory(),
        digest_secret=house.digest,
        find_secret=lambda reference: house.secrets.get(str(reference.env)),
        adopting=bool(_facts(case).get("adopting")),
    ).plan
    # A new release is no reason to look at every plan again.
    made = replace(planned, basis=replace(planned.basis, tool_version="0"))
    return with_verdicts(made, loaded.configuration.guardrails)


@pytest.mark.parametrize("name", _NAMES)
def test_the_plan_is_the_one_that_was_reviewed(name: str, tmp_path: Path) -> None:
    """Text, Markdown and JSON of a plan are, byte for byte, what is kept beside the case."""
    case = CASES / name
    house = House(tmp_path)
    _prepare(house, case, _facts(case))

    plan = _planned(house, case)
    house.store.close()

    document = {"digest": digest_of(plan), "plan": body_of(plan)}
    view = view_of(plan, digest_of(plan))
    assert_golden(case / "expected.txt", render(view) + "\n")
    assert_golden(case / "expected.md", as_markdown(view) + "\n")
    assert_golden(case / "expected.json", json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("name", _NAMES)
def test_what_is_derived_anew_is_what_the_planner_said(name: str, tmp_path: Path) -> None:
    """A plan file holds no contradiction, and reading it gives the plan that was saved."""
    house = House(tmp_path)
    _prepare(house, CASES / name, _facts(CASES / name))
    plan = _planned(house, CASES / name)
    house.store.close()

    assert body_of(decode(encode(plan), "plan.json")[0]) == body_of(plan)


@pytest.mark.parametrize("name", _NAMES)
def test_every_case_says_why_it_is_there(name: str) -> None:
    """A case that nobody can explain is rewritten without thought."""
    assert len((CASES / name / "why.txt").read_text(encoding="utf-8").split()) >= 5
