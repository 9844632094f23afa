"""The order of many SIMs: a few first, then the rest, none left out and none twice (reliability 5.8)."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.apply.sim_requests import Batch
from reconciler.apply.waves import LARGEST_WAVE, TRIALS, waves
from reconciler.plan.roster import SimEdit

SIZES = st.lists(st.integers(min_value=0, max_value=400), max_size=12)


def _batches(sizes: list[int]) -> list[Batch]:
    numbers = iter(range(sum(sizes)))
    return [Batch(None, tuple(str(next(numbers)) for _ in range(size))) for size in sizes]


@given(SIZES)
def test_waves_are_all_sims_in_their_order(sizes: list[int]) -> None:
    """Cutting loses nothing, repeats nothing and changes no order; no batch is empty."""
    batches = _batches(sizes)
    cut = [batch for wave in waves(batches) for batch in wave.batches]
    assert all(batch.iccids for batch in cut)
    assert [i for batch in cut for i in batch.iccids] == [i for batch in batches for i in batch.iccids]


@given(SIZES)
def test_a_wave_is_never_larger_than_it_may_be(sizes: list[int]) -> None:
    """Of more than a hundred SIMs the first waves have one, ten and a hundred; the others at most 10,000."""
    found = [(sum(len(batch.iccids) for batch in wave.batches), wave.is_trial) for wave in waves(_batches(sizes))]
    total = sum(sizes)
    if total <= TRIALS[-1]:
        assert found == ([(total, False)] if total else [])
        return
    trials = [size for size, is_trial in found if is_trial]
    assert trials == [min(size, total - sum(TRIALS[:place])) for place, size in enumerate(TRIALS)]
    assert all(size <= LARGEST_WAVE for size, _ in found)


def test_a_batch_that_is_cut_keeps_its_edits_with_their_sims() -> None:
    """The settings of a SIM go where the SIM goes."""
    edits = tuple(SimEdit(address="Endpoint/a", iccid=str(number), before={}, after={}) for number in range(3))
    batch = Batch(None, ("0", "1", "2"), edits)
    head, tail = batch.cut(1)
    assert [edit.iccid for edit in head.edits] == list(head.iccids) == ["0"]
    assert [edit.iccid for edit in tail.edits] == list(tail.iccids) == ["1", "2"]
    assert [edit.iccid for edit in batch.only({"1"}).edits] == list(batch.only({"1"}).iccids) == ["1"]
