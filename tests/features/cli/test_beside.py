"""Messages about an object that is not ours, where another run may have made it."""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.environment import system
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.resource import Resources
from reconciler.operations.planning import Planned
from reconciler.operations.session import said_of_others
from reconciler.operations.validate import check
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.plan.deriving import derived
from reconciler.plan.grounds import Grounds
from reconciler.plan.planfile import digest_of
from reconciler.store.location import StoreLocation
from reconciler.store.reader import read_inventory
from reconciler.store.store import Store
from tests.features.cli.copies import Copy
from tests.laws import paper

NET = Address("VSlice", "vantiq-fleet")
OTHER = Address("VSlice", "somebody-elses")
FOREIGN = "after an interrupted apply run"
PROTECTED = 'set reconciler.dev/protect: "false" and apply that first'


def _refused(copy: Copy, address: Address) -> Planned:
    """A plan that was made before anything of it was ours, and refuses one object."""
    protected = Change(
        Address("OperatorPolicy", "kept-ops"), Action.DELETE, {}, None, Reason(ReasonCode.REMOVED, "gone"), protect=True
    )
    made = paper.plan(Resources(), paper.snapshot([]), None)
    plan = derived(replace(made, changes=(protected,), grounds=Grounds(foreign=(address,))))
    name = check(copy.root, remember=False).loaded.configuration.name
    plan = replace(plan, basis=replace(plan.basis, estate=name))
    return Planned(plan, digest_of(plan))


def _steps(planned: Planned, copy: Copy, before: Inventory | None = None) -> list[str]:
    location = StoreLocation.parse("sqlite:.reconciler/state.db", copy.root)
    said = said_of_others(planned, before, location, system())
    assert said.digest == digest_of(said.plan)
    assert [(r.guard, r.message) for r in said.plan.guards] == [(r.guard, r.message) for r in planned.plan.guards]
    return [result.next_step.partition(";")[0].partition(" `")[0] for result in said.plan.guards]


def test_without_a_store_nothing_is_added(tmp_path: Path) -> None:
    """Before the first apply there is no run that could have made it."""
    copy = Copy(tmp_path / "vantiq")

    assert _steps(_refused(copy, NET), copy) == [FOREIGN, PROTECTED]


def test_what_became_ours_meanwhile_is_to_be_planned_again(tmp_path: Path) -> None:
    """A run that ended between reading the inventory and the platform; what it did not make is as foreign as before."""
    copy = Copy(tmp_path / "vantiq")
    assert copy.run("apply", "--auto-approve").exit_code == 0

    assert _steps(_refused(copy, NET), copy) == [
        "another run has made it ours while this plan was made: plan again",
        PROTECTED,
    ]
    assert _steps(_refused(copy, OTHER), copy) == [FOREIGN, PROTECTED]


def test_what_was_ours_before_the_plan_is_no_work_of_another_run(tmp_path: Path) -> None:
    """Somebody made it anew under our name: planning again would say the same for ever (F28)."""
    copy = Copy(tmp_path / "vantiq")
    assert copy.run("apply", "--auto-approve").exit_code == 0
    before = read_inventory(StoreLocation.parse("sqlite:.reconciler/state.db", copy.root), "vantiq-motors")

    assert _steps(_refused(copy, NET), copy, before) == [FOREIGN, PROTECTED]


def test_a_store_that_cannot_be_read_adds_nothing(tmp_path: Path) -> None:
    """The refusal stays as it is; commands that need the store say what is wrong with it."""
    copy = Copy(tmp_path / "vantiq")
    assert copy.run("apply", "--auto-approve").exit_code == 0
    planned = _refused(copy, NET)
    (copy.root / ".reconciler" / "state.db").write_bytes(b"no database" * 1000)

    assert _steps(planned, copy) == [FOREIGN, PROTECTED]


@pytest.mark.parametrize("command", [("apply", "--auto-approve"), ("adopt", "--auto-approve", str(NET))])
def test_beside_a_running_apply_nothing_is_changed_and_its_holder_is_named(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Objects that the other run has just made are not known as ours yet: exit 6 names the run, nothing is foreign."""
    copy = Copy(tmp_path / "vantiq")
    assert copy.run("apply", "--auto-approve").exit_code == 0
    location = StoreLocation.parse("sqlite:.reconciler/state.db", copy.root)
    with Store.open(location, estate="vantiq-connected", create=False, environment=system()) as store:
        epoch = store.acquire("the-other-run")
        result = copy.run(*command)
        store.release(epoch)

    assert result.exit_code == 6
    assert "the-other-run" in result.stderr
    assert "not owned" not in result.output
    assert copy.run("apply", "--auto-approve").exit_code == 0
