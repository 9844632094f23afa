"""A plan that is not, byte for byte, the one that was saved and reviewed is refused, and nothing is sent (I16)."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reconciler.cli.main import cli
from reconciler.errors import PlanFileError, ReconcilerError, StalePlan
from reconciler.model.snapshot import Account
from reconciler.plan.canonical_json import canonical, digest
from reconciler.plan.plan import Plan
from reconciler.plan.planfile import decode, encode
from reconciler.simulator.application import Simulator
from tests.robustness.faults.house import MUTATIONS, House, resource

STALE = 4
Document = dict[str, Any]
ESTATE = """apiVersion: reconciler.dev/v1alpha1
kind: OperatorPolicy
metadata: {name: first-ops}
spec: {default: allow}
---
apiVersion: reconciler.dev/v1alpha1
kind: OperatorPolicy
metadata: {name: second-ops}
spec: {default: allow}
---
apiVersion: reconciler.dev/v1alpha1
kind: EventMap
metadata: {name: fleet-map}
spec: {scope: account}
"""


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A small estate on an empty platform."""
    return House(tmp_path)


def _plan(house: House) -> Plan:
    return house.plan(*(resource("EventMap", name, scope="account") for name in ("first-map", "second-map")))


def _is_refused(house: House, content: bytes) -> bool:
    """Whether a plan file of that content is refused with exit code 4."""
    try:
        plan, _ = decode(content, "plan.json")
    except PlanFileError as error:
        return error.exit_code == STALE
    try:
        house.apply(plan)
    except ReconcilerError as error:
        return error.exit_code == STALE
    return False


def _flips(content: bytes, bit: int) -> Iterator[bytes]:
    for place, byte in enumerate(content):
        yield content[:place] + bytes([byte ^ (1 << (place + bit) % 8)]) + content[place + 1 :]


@pytest.mark.slow
def test_each_flipped_byte_is_noticed(house: House) -> None:
    """Each bit of each byte of a plan file: all are refused, with not one request, not even a read."""
    content = encode(_plan(house))
    house.simulator.clear_log()
    flipped = (changed for bit in range(8) for changed in _flips(content, bit))
    accepted = [number for number, changed in enumerate(flipped) if not _is_refused(house, changed)]
    assert accepted == []
    assert house.simulator.log() == []


def test_each_cut_and_each_addition_is_noticed(house: House) -> None:
    """A plan file that ends early, anywhere, or goes on, is refused."""
    content = encode(_plan(house))
    house.simulator.clear_log()
    others = [content[:end] for end in range(0, len(content), 7)] + [
        content + more for more in (b"\n", b" ", b"\0", content)
    ]
    assert [other[-20:] for other in others if not _is_refused(house, other)] == []
    assert house.simulator.log() == []


def _changes(document: Document) -> list[Document]:
    found: list[Document] = document["plan"]["changes"]
    return found


def _alterations(document: Document, other: Document) -> Iterator[tuple[str, Document]]:
    """Documents in which one action was removed, doubled, swapped, spliced in, or another member changed."""
    count = len(_changes(document))
    for place in range(count):
        for name, alter in _ALTERATIONS.items():
            changed = json.loads(json.dumps(document))
            alter(_changes(changed), place, _changes(other))
            yield f"{name} {place}", changed
    for name, value in (("account", "another"), ("lineage", "another"), ("serial", 0), ("estate", "another")):
        changed = json.loads(json.dumps(document))
        changed["plan"]["basis"][name] = value
        if changed != document:
            yield f"basis {name}", changed
    yield "origin", {**document, "origin": "https://elsewhere.example/api/v1"}


def _removed(changes: list[Document], place: int, _: list[Document]) -> None:
    del changes[place]


def _doubled(changes: list[Document], place: int, _: list[Document]) -> None:
    changes.insert(place, changes[place])


def _swapped(changes: list[Document], place: int, _: list[Document]) -> None:
    changes.insert((place + 1) % len(changes), changes.pop(place))


def _spliced(changes: list[Document], place: int, other: list[Document]) -> None:
    changes[place] = other[place % len(other)]


def _added(changes: list[Document], place: int, other: list[Document]) -> None:
    changes.insert(place, other[place % len(other)])


def _redirected(changes: list[Document], place: int, _: list[Document]) -> None:
    changes[place]["remoteId"] = "00000000-0000-4000-8000-000000000000"


_ALTERATIONS: Mapping[str, Callable[[list[Document], int, list[Document]], None]] = {
    "removed": _removed,
    "doubled": _doubled,
    "swapped": _swapped,
    "spliced": _spliced,
    "added": _added,
    "redirected": _redirected,
}


def test_each_altered_action_is_noticed(house: House) -> None:
    """Removed, doubled, swapped, spliced from another plan: refused without a request."""
    document = json.loads(encode(_plan(house)))
    other = json.loads(encode(house.plan(resource("OperatorPolicy", "their-ops", default="allow"))))
    house.simulator.clear_log()
    accepted = [
        name for name, changed in _alterations(document, other) if not _is_refused(house, canonical(changed) + b"\n")
    ]
    assert accepted == []
    assert house.simulator.log() == []


def _resealed(document: Document) -> bytes:
    """As somebody writes it who knows how digests are made."""
    found = digest(document["plan"])
    header = {"digest": found, "origin": document["origin"]}
    return canonical({**document, "digest": found, "seal": digest(header)}) + b"\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An estate in a folder, with its plan file."""
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "estate.yaml").write_text(ESTATE, encoding="utf-8")
    assert _run(tmp_path, "plan", "--out", str(tmp_path / "plan.json")).exit_code == 0
    return tmp_path


def _run(folder: Path, command: str, *arguments: str) -> Any:
    return CliRunner().invoke(cli, [command, "--chdir", str(folder), "--platform", "embedded", *arguments])


def test_a_forged_plan_is_not_the_approved_one(folder: Path) -> None:
    """However well a plan is forged, it has not the digest that was approved: exit code 4, and nothing is made."""
    document = json.loads((folder / "plan.json").read_bytes())
    other = json.loads(json.dumps(document))
    other["plan"]["changes"][0]["address"] = "OperatorPolicy/their-ops"
    forged = folder / "forged.json"
    for name, changed in _alterations(document, other):
        content = _resealed(changed)
        if name == "origin" or json.loads(content)["digest"] == document["digest"]:
            continue
        forged.write_bytes(content)
        result = _run(folder, "apply", str(forged), "--expect", document["digest"])
        assert result.exit_code == STALE, (name, result.output)
        assert "Traceback" not in result.output
    simulator = Simulator(folder / ".reconciler" / "platform.db")
    assert [row for row in simulator.log() if row.method in MUTATIONS] == []
    simulator.close()
    assert _run(folder, "apply", str(folder / "plan.json"), "--expect", document["digest"]).exit_code == 0


def test_a_plan_for_elsewhere_is_refused(house: House) -> None:
    """Another origin, account or store: refused, and nothing is changed."""
    plan = _plan(house)
    for basis in (
        replace(plan.basis, account=Account("https://elsewhere.example/api/v1", plan.basis.account.identity)),
        replace(plan.basis, lineage="another"),
        replace(plan.basis, serial=10**6),
    ):
        assert _is_refused(house, encode(replace(plan, basis=basis)))
    assert house.mutations() == []


def test_an_old_plan_is_refused(house: House) -> None:
    """A plan that was applied, and undone since, is not applied again; nor is one whose objects changed since."""
    plan = _plan(house)
    assert house.apply(plan).exit_code == 0
    assert house.make().exit_code == 0
    count = len(house.mutations())
    with pytest.raises(StalePlan):
        house.apply(plan)
    assert _is_refused(house, encode(plan))
    assert len(house.mutations()) == count
