"""Documents of others are held against the published schemas."""

import json
from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.operations.schema import misfits

SAVED = sorted((Path(__file__).parents[2] / "golden" / "plans" / "saved").glob("*.json"))


def test_a_plan_file_fits_its_schema() -> None:
    """The schema is that of the files that the program writes."""
    assert {path.name: misfits("plan", path) for path in SAVED} == {path.name: [] for path in SAVED}


def test_a_misfit_names_the_place_and_the_keyword_and_no_value(tmp_path: Path) -> None:
    """A pipeline that edits a plan hears where it went wrong; the value may be a secret."""
    document = json.loads(SAVED[0].read_bytes())
    document["plan"]["changes"][0]["action"] = "a-secret-value"
    document["plan"]["\x1b[2J"] = 1
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document), encoding="utf-8")

    found = misfits("plan", file)

    assert [text.partition(": ")[0] for text in found] == ["$.plan.changes[0].action", "$.plan"]
    assert "a-secret-value" not in str(found)
    assert "\x1b" not in str(found)


def test_a_manifest_in_json_is_checked_by_its_kind(tmp_path: Path) -> None:
    """Generators write JSON, and each kind has a schema of its own."""
    document = {
        "apiVersion": "reconciler.dev/v1alpha1",
        "kind": "VSlice",
        "metadata": {"name": "a-net"},
        "spec": [],
    }
    file = tmp_path / "net.json"
    file.write_text(json.dumps(document), encoding="utf-8")

    assert [text.partition(": ")[0] for text in misfits("VSlice", file)] == ["$.spec"]


@pytest.mark.parametrize("content", [b"", b"a: b", b"\xff", b"[" * 100_000])
def test_another_file_is_wrong_usage(content: bytes, tmp_path: Path) -> None:
    """YAML and broken files are answered with the command that reads manifests."""
    file = tmp_path / "file"
    file.write_bytes(content)

    with pytest.raises(UsageError, match="is no JSON document"):
        misfits(None, file)
