"""Nothing is sent or overwritten for an object that somebody changed after a plan was made, whatever the change."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.kinds import kind_named, object_kinds
from reconciler.model.address import Address
from tests.robustness.wire_faults import sim_staleness
from tests.robustness.wire_faults.fields import ALONE, leaves, places, targets
from tests.robustness.wire_faults.staleness import WINDOWS, Happening, Scene, some_cells


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "address"), targets(), ids=[str(address) for _, address in targets()])
def test_nothing_is_sent_for_an_object_that_moved(
    folder: str, address: Address, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Each field: changed, removed, made anew or grown, before apply or before the call, is stale or done already."""
    scene = Scene.of(tmp_path / "estate", folder, address)
    cells = some_cells(scene)
    try:
        assert [trouble for cell in cells for trouble in scene.broken(cell)] == []
    finally:
        scene.desk.close()
    record_property("cells of the staleness table", len(cells))


@pytest.fixture
def sims(tmp_path: Path) -> Iterator[sim_staleness.SimScene]:
    """A SIM as it is declared."""
    scene = sim_staleness.SimScene(tmp_path / "estate")
    yield scene
    scene.close()


@pytest.mark.slow
def test_nothing_is_sent_for_a_sim_that_moved(sims: sim_staleness.SimScene) -> None:
    """Each field of a SIM: changed, terminated, taken out of the account or delivered anew, in both windows."""
    assert [trouble for cell in sim_staleness.cells() for trouble in sims.broken(cell)] == []


def test_the_table_has_every_field_of_every_kind() -> None:
    """A new kind or field without an example is noticed; what is left out has only one value, or says which SIM."""
    listed = {str(place) for place in places()}
    every = {f"{name}.{path}" for name, kind in object_kinds().items() for path in leaves(kind)}
    assert listed == every - ALONE
    assert every >= ALONE
    assert set(leaves(kind_named("Endpoint"))) == {*sim_staleness.VALUES, *sim_staleness.IDENTITY}


def test_the_table_has_every_happening_in_both_windows(tmp_path: Path) -> None:
    """Of a group, which can be all that an object can be."""
    folder, address = next(target for target in targets() if target[1].kind == "EndpointGroup")
    scene = Scene.of(tmp_path / "estate", folder, address)
    scene.desk.close()
    cells = [*scene.cells()]
    assert {(cell.happening, cell.window) for cell in cells} == {(h, w) for h in Happening for w in WINDOWS}
    assert {cell.happening for cell in some_cells(scene)} == set(Happening)
