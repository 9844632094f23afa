# ruff: noqa: INP001 - a folder with an example is no package
"""
Write the SIM files of this example: `python3 make_sims.py`. The same files every time.

12,000 made-up SIMs: 19 digits, one supplier's prefix, a right check digit, in an order that looks like a supplier's
delivery rather than a sequence.
"""

from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
PREFIX = "8988228"
COUNTRIES = {"uk": 4800, "de": 3200, "fr": 2200, "nl": 1800}
_STEP = 7919
_RANGE = 100_000


def with_check_digit(digits: str) -> str:
    """The number with its check digit (Luhn, ITU-T E.118)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[::-2])
    return f"{digits}{-(sum(doubled) + sum(map(int, digits[-2::-2]))) % 10}"


def rows() -> Iterator[str]:
    """A line for each vehicle; `_STEP` has no divisor in common with `_RANGE`, so no number comes twice."""
    for vehicle in range(1, sum(COUNTRIES.values()) + 1):
        number = f"{vehicle * _STEP % _RANGE:011d}"
        yield f"{with_check_digit(PREFIX + number)},HGV {vehicle:05d},HGV-{vehicle:05d}\n"


def main() -> None:
    """Write sims/ and the empty lists of relocated/."""
    vehicles = rows()
    for country, count in COUNTRIES.items():
        home = "".join(next(vehicles) for _ in range(count))
        (FOLDER / "sims" / f"{country}.csv").write_text(f"iccid,name,reference\n{home}", encoding="utf-8")
        (FOLDER / "relocated" / f"to-{country}.csv").write_text("iccid\n", encoding="utf-8")


if __name__ == "__main__":
    main()
