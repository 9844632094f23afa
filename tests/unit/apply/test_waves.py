"""The order of many SIMs: a few first, then the rest, none left out and none twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.apply.sims.batch import Batch
from reconciler.apply.sims.waves import LARGEST_WAVE, MOST_LOOKED_AT, TRIALS, Wave, is_bad, looked_at, waves
from reconciler.plan.roster import RosterAction, RosterChange, SimEdit

SIZES = st.lists(st.integers(min_value=0, max_value=400), max_size=12)


def _batches(sizes: list[int]) -> list[Batch]:
    numbers = iter(range(sum(sizes)))
    return [Batch(None, tuple(str(next(numbers)) for _ in range(size))) for size in sizes]


def _iccids(wave: Wave) -> list[str]:
    return [iccid for batch in wave for iccid in batch.iccids]


@given(SIZES)
def test_waves_are_all_sims_in_their_order(sizes: list[int]) -> None:
    """Cutting loses nothing, repeats nothing and changes no order; no batch is empty."""
    batches = _batches(sizes)
    cut = list(waves(batches))
    assert all(batch.iccids for wave in cut for batch in wave)
    assert [iccid for wave in cut for iccid in _iccids(wave)] == _iccids(batches)


@given(SIZES, st.integers(min_value=50, max_value=LARGEST_WAVE))
def test_a_wave_is_never_larger_than_it_may_be(sizes: list[int], largest: int) -> None:
    """Of more than a hundred SIMs the first waves have one, ten and a hundred; each is ten times the one before."""
    found = [len(_iccids(wave)) for wave in waves(_batches(sizes), largest)]
    total = sum(sizes)
    if total <= TRIALS[-1]:
        assert all(size <= largest for size in found)
        return
    sizes_asked = [min(10**place, largest) for place in range(len(found))]
    assert found == [min(size, total - sum(sizes_asked[:place])) for place, size in enumerate(sizes_asked)]


def _change(target: str) -> RosterChange:
    return RosterChange(action=RosterAction.MOVE, address="EndpointSet/a", source="fleet-uk", target=target, iccids=())


def test_each_target_has_its_own_first_waves() -> None:
    """The answer of one target says nothing of another: the first wave has one SIM for each."""
    changes = (_change("fleet-de"), _change("fleet-fr"))
    batches = [
        Batch(change, tuple(f"{place}-{number}" for number in range(300))) for place, change in enumerate(changes)
    ]
    found = [[iccid.partition("-")[0] for iccid in _iccids(wave)] for wave in waves(batches)]
    assert [(wave.count("0"), wave.count("1")) for wave in found] == [(1, 1), (10, 10), (100, 100), (189, 189)]


@given(SIZES)
def test_what_is_looked_at_is_spread_over_the_wave(sizes: list[int]) -> None:
    """At most twenty SIMs, all where there are no more, with the first of them; none that is not in the wave."""
    wave = _batches(sizes)
    everybody, chosen = _iccids(wave), _iccids(looked_at(wave))
    assert set(chosen) <= set(everybody)
    assert len(chosen) <= MOST_LOOKED_AT
    assert chosen[:1] == everybody[:1]
    if len(everybody) <= MOST_LOOKED_AT:
        assert chosen == everybody


@pytest.mark.parametrize(
    ("count", "right", "without_effect", "verdict"),
    [(1, 1, 0, False), (1, 0, 0, False), (1, 0, 1, True), (10, 9, 0, False), (10, 0, 0, True), (100, 99, 1, True)],
)
def test_which_wave_is_the_last(count: int, right: int, without_effect: int, verdict: bool) -> None:
    """One SIM that was accepted without effect, or ten of which none arrived; not one that was refused alone."""
    assert is_bad(count, right, without_effect) is verdict


def test_a_batch_that_is_cut_keeps_its_edits_with_their_sims() -> None:
    """The settings of a SIM go where the SIM goes."""
    edits = tuple(SimEdit(address="Endpoint/a", iccid=str(number), before={}, after={}) for number in range(3))
    batch = Batch(None, ("0", "1", "2"), edits)
    head, tail = batch.cut(1)
    assert [edit.iccid for edit in head.edits] == list(head.iccids) == ["0"]
    assert [edit.iccid for edit in tail.edits] == list(tail.iccids) == ["1", "2"]
    assert [edit.iccid for edit in batch.only({"1"}).edits] == list(batch.only({"1"}).iccids) == ["1"]
