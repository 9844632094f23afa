"""
ICCIDs: what one looks like, and checking a million of them at once (D-45, ITU-T E.118).

A SIM's number has 18 to 20 digits, begins with 89 and ends with a check digit (Luhn). As the first digit is never 0,
the number as an integer is the ICCID, in a third of the memory of its text.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

SHORTEST, LONGEST = 18, 20
_ICCID = re.compile(r"89[0-9]{16,18}")
_SCIENTIFIC = re.compile(r"[0-9][.,]?[0-9]*[eE]\+?[0-9]+")
_PADDED = re.compile(r"[0-9]{18,19}[fF]+")
_PLAIN = bytes.maketrans(b"0123456789", bytes(range(10)))
# The sum that a digit adds where Luhn doubles it: the digits of its double.
_DOUBLED = bytes.maketrans(b"0123456789", bytes(2 * digit % 10 + 2 * digit // 10 for digit in range(10)))
_UNITS = bytes(byte % 10 for byte in range(256))


def luhn_ok(iccid: str) -> bool:
    """Whether the last digit is the check digit of the others."""
    digits = iccid.encode()
    total = sum(digits[-1::-2].translate(_PLAIN)) + sum(digits[-2::-2].translate(_DOUBLED))
    return total % 10 == 0


def problem_of(text: str, *, check_digit: bool = True) -> tuple[str, str] | None:
    """The problem with an ICCID and what to do about it, or None."""
    if _SCIENTIFIC.fullmatch(text):
        return "is a number in scientific notation: a spreadsheet has dropped digits", "export the column as text"
    if _PADDED.fullmatch(text):
        return "ends with F, which only fills up a number of 19 digits", "remove the F"
    if not text.isascii() or not text.isdigit():
        return "is not made of digits alone", "write 18 to 20 digits, without spaces or letters"
    if not SHORTEST <= len(text) <= LONGEST:
        return f"has {len(text)} digits; an ICCID has 18 to 20", "copy the whole number from the SIM or the supplier"
    if not _ICCID.fullmatch(text):
        return "does not begin with 89, as every ICCID does", "check that this is the ICCID and not the IMSI or EID"
    if check_digit and not luhn_ok(text):
        return "has a wrong check digit: one of its digits is mistyped", "compare it with the SIM"
    return None


def all_sound(iccids: Sequence[bytes], *, check_digits: bool = True) -> bool:
    """
    Whether every one of many is an ICCID.

    The digits are summed column by column, each column of all numbers as one large integer with a byte for each: a
    sum is at most 180 and never carries. A million take a tenth of a second.
    """
    # Files hold numbers of one length, nearly always.
    lengths = {len(iccid) for iccid in iccids}
    if not lengths <= {18, 19, 20}:
        return False
    if len(lengths) > 1:
        alike = groupby(sorted(iccids, key=len), key=len)
        return all(_sound(list(group), length, check_digits=check_digits) for length, group in alike)
    return all(_sound(iccids, length, check_digits=check_digits) for length in lengths)


def _sound(iccids: Iterable[bytes], length: int, *, check_digits: bool) -> bool:
    whole = b"".join(iccids)
    count = len(whole) // length
    if not whole.isdigit() or whole[0::length] != b"8" * count or whole[1::length] != b"9" * count:
        return False
    if not check_digits:
        return True
    total = 0
    for place in range(length):
        table = _DOUBLED if (length - place) % 2 == 0 else _PLAIN
        total += int.from_bytes(whole[place::length].translate(table), "big")
    return not any(total.to_bytes(count, "big").translate(_UNITS))
