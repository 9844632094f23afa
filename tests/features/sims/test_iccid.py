"""ICCIDs: one check for a number and one for a million, which never disagree (D-45)."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.iccid import all_sound, luhn_ok, problem_of
from tests.features.sims.estate import iccid

SOUND = st.builds(iccid, st.integers(0, 10**8), st.sampled_from([18, 19, 20]))
DIGITS = st.text("0123456789", min_size=0, max_size=24)
NEARLY = st.builds(lambda rest: "89" + rest, st.text("0123456789", min_size=14, max_size=20))
ANYTHING = st.one_of(SOUND, DIGITS, NEARLY, st.text(max_size=22))


def _digit_sum(number: str) -> int:
    """Luhn's sum as textbooks have it, digit by digit."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * 2 if place % 2 else int(digit)
        total += doubled - 9 if doubled > 9 else doubled
    return total


def _mutated(number: str, place: int, digit: str) -> str:
    return number[: place % len(number)] + digit + number[place % len(number) + 1 :]


@given(SOUND)
def test_a_sound_number_has_no_problem(number: str) -> None:
    """18, 19 and 20 digits, beginning with 89 and with the right check digit."""
    assert problem_of(number) is None
    assert all_sound([number.encode()])


@given(st.text("0123456789", min_size=1, max_size=24))
def test_the_check_digit_is_that_of_the_textbook(number: str) -> None:
    """The tables give what doubling every second digit gives."""
    assert luhn_ok(number) == (_digit_sum(number) % 10 == 0)


@given(SOUND, st.integers(0, 30), st.sampled_from("0123456789"))
def test_every_mistyped_digit_is_noticed(number: str, place: int, digit: str) -> None:
    """Luhn finds each single wrong digit, one by one and for many at once."""
    changed = _mutated(number, place, digit)
    is_same = changed == number
    assert (problem_of(changed) is None) == is_same
    assert all_sound([number.encode(), changed.encode()]) == is_same


@pytest.mark.slow
@given(st.lists(ANYTHING, max_size=12), st.booleans())
def test_many_at_once_are_sound_exactly_when_each_one_is(numbers: list[str], check_digits: bool) -> None:
    """Also with lengths mixed, with text that is no number, and without check digits."""
    singly = all(problem_of(number, check_digit=check_digits) is None for number in numbers)
    assert all_sound([number.encode() for number in numbers], check_digits=check_digits) == singly


@given(
    st.lists(SOUND, min_size=1, max_size=40), st.integers(0, 1000), st.integers(0, 30), st.sampled_from("0123456789 ")
)
def test_one_wrong_number_among_many_is_noticed(numbers: list[str], which: int, place: int, digit: str) -> None:
    """The wrong number is found at any place, whatever the lengths of the others."""
    numbers[which % len(numbers)] = _mutated(numbers[which % len(numbers)], place, digit)
    singly = all(problem_of(number) is None for number in numbers)
    assert all_sound([number.encode() for number in numbers]) == singly


def test_sums_of_a_large_column_do_not_carry() -> None:
    """Many numbers of all nines but for the start: the largest sums that there are lie side by side."""
    chance = random.Random(1)
    largest = [n for n in ("89" + "9" * 17 + digit for digit in "0123456789") if luhn_ok(n)]
    numbers = [number.encode() for number in largest * 3000]
    assert all_sound(numbers)
    place = chance.randrange(len(numbers))
    numbers[place] = numbers[place][:-1] + (b"0" if numbers[place][-1:] != b"0" else b"1")
    assert not all_sound(numbers)
    assert all_sound(numbers, check_digits=False)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("8.94E+18", "scientific notation"),
        ("8,94E+18", "scientific notation"),
        ("8.94e18", "scientific notation"),
        ("8944 5000", "digits alone"),
        ("٨٩٤٤٥٠٠٠٠٠٠٠٠٠٠٠٠٠٠", "digits alone"),
        ("89445", "has 5 digits"),
        ("8" * 21, "has 21 digits"),
        ("234500000000000000", "begin with 89"),
        ("8988228000000000001", "check digit"),
    ],
)
def test_what_is_wrong_is_said(text: str, part: str) -> None:
    """Each kind of damage has its own words."""
    found = problem_of(text)
    assert found is not None
    assert part in found[0]
