"""A broken rule as a value."""

from collections.abc import Sequence
from typing import NamedTuple


class RuleMutant(NamedTuple):
    """One broken rule."""

    file: str
    before: str
    after: str
    tests: Sequence[str]
