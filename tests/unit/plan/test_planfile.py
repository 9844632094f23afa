"""Plan files at the door: what is no plan, or not this plan any more, is refused with exit code 4 (S15, I15, I16)."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import PlanFileError, UsageError
from reconciler.model.address import Address
from reconciler.model.snapshot import Account
from reconciler.plan.action import Action
from reconciler.plan.canonical_json import canonical, digest
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.plan.deriving import derived
from reconciler.plan.grounds import Grounds
from reconciler.plan.plan import Basis, Plan
from reconciler.plan.planfile import LARGEST_BYTES, decode, digest_of, encode, load, save

DIGEST = f"sha256:{'0' * 64}"
PLAN = Plan(
    Basis("0", Account("https://platform.example", "account"), "lineage", 3, DIGEST, DIGEST, "estate"),
)
PLAN = derived(replace(PLAN, grounds=Grounds(foreign=(Address("VSlice", "their-net"),), running="somebody")))


def _document(plan: Plan = PLAN) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(plan))
    return found


def _sealed(document: dict[str, Any]) -> bytes:
    """The document as somebody would write it who knows how digests are made."""
    document["digest"] = digest(document["plan"])
    document["seal"] = digest({"digest": document["digest"], "origin": document["origin"]})
    return canonical(document) + b"\n"


def _refused(content: bytes) -> str:
    with pytest.raises(PlanFileError) as refused:
        decode(content, "plan.json")
    assert refused.value.exit_code == 4
    assert refused.value.hint
    return str(refused.value)


def test_a_saved_plan_is_loaded_with_its_digest(tmp_path: Path) -> None:
    """The loaded plan is the saved one, and nothing else is left in the folder."""
    save(PLAN, tmp_path / "plan.json")

    assert load(tmp_path / "plan.json") == (PLAN, digest_of(PLAN))
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


def test_a_plan_that_cannot_be_written_is_said_to_be_so(tmp_path: Path) -> None:
    """A folder that is not there is wrong usage (exit 64), with the system's reason."""
    with pytest.raises(UsageError, match=r"cannot write .*: No such file"):
        save(PLAN, tmp_path / "absent" / "plan.json")


def test_a_plan_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """An obstacle to the last step leaves no half of a file behind."""
    (tmp_path / "plan.json").mkdir()

    with pytest.raises(UsageError, match="is a folder, which is not replaced"):
        save(PLAN, tmp_path / "plan.json")

    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


def test_a_plan_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    """A wrong name is an error with the way to get a right one."""
    with pytest.raises(UsageError, match=r"cannot read .*: No such file"):
        load(tmp_path / "plan.json")


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    """There is a limit on everything from outside; the file is not even opened."""
    with (tmp_path / "plan.json").open("wb") as stream:
        stream.truncate(LARGEST_BYTES + 1)

    with pytest.raises(UsageError, match="more than 256 MiB"):
        load(tmp_path / "plan.json")


@pytest.mark.parametrize("content", [b"", b"kind: VSlice", b"\xff", b"[" * 100_000, b"1" * 5000], ids=range(5))
def test_what_is_no_json_is_no_plan(content: bytes) -> None:
    """The answer is one sentence, whatever the file holds."""
    assert _refused(content) == "plan.json is not a plan file"


@pytest.mark.parametrize("content", [b"{}", b"[]", b"null", b'{"plan": 1}', b'{"plan": {}}'])
def test_json_of_another_shape_names_the_place(content: bytes) -> None:
    """The first place that does not fit the format is named."""
    assert "does not fit the format" in _refused(content)


def test_a_plan_of_another_format_says_which_it_is() -> None:
    """A newer plan is told apart from a broken one."""
    document = _document()
    document["plan"]["formatVersion"] = "9.9"

    assert _refused(_sealed(document)) == "plan.json has the plan format 9.9; this version reads 2.0"


def test_a_plan_for_another_address_is_noticed() -> None:
    """The platform's address is outside of the reviewed body, and sealed all the same."""
    document = _document()
    document["origin"] = "https://elsewhere.example"

    assert "was altered" in _refused(canonical(document) + b"\n")


def test_a_plan_that_is_only_written_differently_is_noticed() -> None:
    """The same values with other bytes are not what was approved."""
    assert "was altered" in _refused(json.dumps(_document(), indent=1).encode())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"], ids=["nan", "infinity", "half-a-pair"])
def test_values_that_have_no_canonical_form_are_noticed(value: object) -> None:
    """JSON readers take numbers that are none and halves of letters; no plan has them, and no traceback follows."""
    document = _document()
    document["origin"] = "place"
    content = json.dumps(document).replace('"place"', '"\\ud800"')
    if not isinstance(value, str):
        field = {"path": "x", "operation": "edit", "before": value, "after": 1}
        document["plan"]["drift"] = [{"address": "VSlice/fleet-net", "vanished": False, "fields": [field]}]
        content = json.dumps(document)

    assert _refused(content.encode()) == "plan.json is not a plan file"


def test_a_plan_for_a_kind_that_this_version_does_not_have_is_refused() -> None:
    """However well it is made: what cannot be applied whole is not begun."""
    change = Change(Address("VSlice", "net"), Action.CREATE, None, {}, Reason(ReasonCode.DECLARED, "it is declared"))
    document = _document(replace(PLAN, changes=(change,)))
    assert decode(_sealed(document), "plan.json")[0].changes == (change,)
    document["plan"]["changes"][0]["address"] = "Satellite/net"

    assert "is not a plan that this version can apply" in _refused(_sealed(document))
