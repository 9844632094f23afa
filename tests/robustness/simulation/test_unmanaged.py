"""The oracle of unmanaged fields itself: what it takes for broken, and what for the documented window."""

from tests.robustness.simulation.unmanaged import Watch

KEY, WHO = "an-id", "applier"


def _watched(read_after_edit: int) -> tuple[Watch, int]:
    watch = Watch(tick=5)
    watch.note_edit(KEY, "apnPattern", "*.portal")
    watch.note_read(WHO, ["vslices", KEY], 5 + read_after_edit)
    return watch, watch.read_by(WHO, KEY, "net")


def test_a_value_that_was_there_when_it_was_read_must_stay() -> None:
    """The writer had read the human's value, or nothing at all, and wrote another one."""
    watch, seen = _watched(0)
    watch.check(KEY, {"apnPattern": "*"}, seen)
    watch.check(KEY, {"apnPattern": "*"}, watch.read_by("somebody-else", KEY, "net"))
    assert [key for key, _ in watch.failures] == [KEY, KEY]


def test_a_value_that_came_after_the_read_may_be_reverted() -> None:
    """It is counted, and from then on what is there instead is what must stay."""
    watch, seen = _watched(-1)
    watch.check(KEY, {"apnPattern": "*"}, seen)
    watch.check_value(KEY, {"apnPattern": "*"})
    assert (watch.failures, watch.reverted, watch.kept) == ([], 1, 0)
    watch.check_value(KEY, {"apnPattern": None})
    assert len(watch.failures) == 1


def test_a_value_that_stayed_is_counted_and_an_object_that_is_gone_forgotten() -> None:
    """Nobody promised anything of an object that was deleted."""
    watch, seen = _watched(0)
    watch.check(KEY, {"apnPattern": "*.portal"}, seen)
    watch.check(KEY, None, seen)
    assert (watch.failures, watch.kept, watch.edits) == ([], 1, {})
