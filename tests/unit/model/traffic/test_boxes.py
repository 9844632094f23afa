"""Boxes: what is cut away is gone, what is left is there once, and merging changes no packet."""

import random

from reconciler.model.traffic.boxes import Box, common, meet, meeting, merged, size, subtracted, union_length, without


def _box(chance: random.Random) -> Box:
    def ends() -> tuple[int, int]:
        low, high = sorted((chance.randrange(4), chance.randrange(4)))
        return low, high

    return (chance.randint(1, 3), chance.randint(1, 7), chance.randint(1, 15), *ends(), *ends(), *ends(), *ends())


def test_a_box_is_cut_into_what_both_have_and_what_one_has_alone() -> None:
    """The sizes add up, and no two pieces meet."""
    chance = random.Random(3)
    for _ in range(300):
        one, other = _box(chance), _box(chance)
        if not meet(one, other):
            assert subtracted(one, [other]) == [one]
            continue
        pieces = [common(one, other), *without(one, other)]
        assert sum(map(size, pieces)) == size(one)
        assert not any(meet(a, b) for number, a in enumerate(pieces) for b in pieces[:number])
        assert not any(meet(piece, other) for piece in without(one, other))


def test_many_boxes_are_compared_as_one_is() -> None:
    """Those that meet a box, with their labels and in their order."""
    chance = random.Random(5)
    for _ in range(100):
        box, others = _box(chance), [(_box(chance), number) for number in range(20)]
        assert meeting(box, others) == [(other, number) for other, number in others if meet(box, other)]


def test_merged_boxes_hold_the_same_packets() -> None:
    """Nothing is added or lost, the boxes do not meet, and a second merging changes nothing."""
    chance = random.Random(4)
    for _ in range(100):
        whole, holes = _box(chance), [_box(chance) for _ in range(4)]
        pieces = subtracted(whole, holes)
        found = merged(pieces)
        assert sum(map(size, found)) == sum(map(size, pieces))
        assert all(any(meet(piece, box) for box in found) for piece in pieces)
        assert not any(meet(a, b) for number, a in enumerate(found) for b in found[:number])
        assert not any(meet(box, hole) for box in found for hole in holes)
        assert merged(found) == found


def test_numbers_of_several_intervals_count_once() -> None:
    """Intervals may meet, touch, or lie inside each other."""
    assert union_length([]) == 0
    assert union_length([(5, 9), (0, 3), (2, 6), (7, 8), (20, 20)]) == 11
