"""The rules of lost input one by one, without an apply: what is named, what is cut, what is left out."""

from pathlib import Path

import pytest

from reconciler.diagnostics import Severity
from reconciler.manifests.sim_layout import is_cut
from reconciler.operations.validate import check
from reconciler.plan.action import Action
from reconciler.plan.change import ReasonCode
from tests.features.sims.estate import iccids
from tests.robustness.faults.house import House, resource

FIRST = "apiVersion: reconciler.dev/v1alpha1\nkind: EventMap\nmetadata: {name: first-map}\nspec: {scope: account}\n"
ROWS = [f"{number},Van" for number in iccids(3)]


@pytest.mark.parametrize("content", ["", "\n---\n\n", "# nothing\n"])
def test_what_is_named_and_holds_nothing_is_an_error(tmp_path: Path, content: str) -> None:
    """A file, a folder and standard input alike."""
    (tmp_path / "first.yaml").write_text(FIRST, encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "other.yaml").write_text(content, encoding="utf-8")
    for paths in (["empty/other.yaml"], ["empty"], ["first.yaml", "empty"]):
        found = check(tmp_path, paths=paths).diagnostics
        assert [(one.code.id, one.severity) for one in found] == [("R130", Severity.ERROR)]
    found = check(tmp_path, paths=["-"], standard_input=content.encode()).diagnostics
    assert [one.code.id for one in found] == ["R130"]
    assert not check(tmp_path, paths=["first.yaml"]).diagnostics


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (["iccid,name", *ROWS], False),
        (["iccid,name", *ROWS, ROWS[0][:20]], True),
        (["iccid,name", *ROWS, ROWS[0][:12]], True),
        (["iccid,name", *ROWS, f"{ROWS[0][:12]},Van"], True),
        (["iccid,name", *ROWS, ""], False),
        (["iccid,name"], False),
        (["iccid,name", ROWS[0][:12]], True),
        (["iccid", *iccids(3)], False),
        (["iccid", *iccids(3), iccids(1)[0][:18]], True),
        (["iccid,name", *iccids(3)], False),
        (["iccid,name", *ROWS, f'{ROWS[0][:19]},"Va'], False),
    ],
)
def test_a_file_that_ends_in_a_row_is_known(text: list[str], answer: bool) -> None:
    """Fewer cells or a shorter number than the rows before; a missing line end alone says nothing."""
    assert is_cut("\n".join(text).encode(), ",", text[0].count(",") + 1, 0) is answer


def test_what_was_not_read_goes_only_when_it_is_pruned(tmp_path: Path) -> None:
    """A part of the estate says nothing of the rest; with --prune the reason says that it was not read."""
    house = House(tmp_path)
    house.make(*(resource("EventMap", name, scope="account") for name in ("first-map", "other-map")))
    first = resource("EventMap", "first-map", scope="account")

    kept = house.plan(first, is_partial=True)
    assert (kept.is_empty, kept.unmanaged) == (True, ())
    pruned = house.plan(first, is_partial=True, prunes=True)
    assert [(c.action, c.reason.code) for c in pruned.changes] == [(Action.DELETE, ReasonCode.LEFT_OUT)]
