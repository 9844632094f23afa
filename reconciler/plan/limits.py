"""
The twelve guards that limit what one plan may do, and their limits. Pure.

A limit is a number, a share of what the estate owns or manages, a mixture of both, or off. Shares are kept in
thousandths of a percent, so that every limit is exact.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

LARGEST_LIMIT = 10**9
_PER_PERCENT = 1000
_WHOLE = 100 * _PER_PERCENT
_SHARE = re.compile(r"(100|[0-9]{1,2})(?:\.([0-9]{1,3}))? ?%")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
OFF = "off"


class Guard(StrEnum):
    """
    A guard with a limit; its value is the key under ``guardrails`` and of ``--allow``.

    `reconciler.plan.meanings` says what each of them counts.
    """

    TERMINATIONS = "terminations"
    SUSPENSIONS = "suspensions"
    SIM_MOVES = "simMoves"
    SIMS_TOUCHED = "simsTouched"
    POLICY_SWITCH = "policySwitch"
    WIDER_REACH = "widerReach"
    DELETIONS = "deletions"
    EMPTIED = "emptied"
    LEFT_OUT = "leftOut"
    SHRUNK_ACCOUNT = "shrunkAccount"
    NEW_PEERS = "newPeers"
    SHARED_VALUES = "sharedValues"


@dataclass(frozen=True, slots=True)
class Limit:
    """
    The largest number that passes without consent.

    `share`, in thousandths of a percent of what is counted in, decides between `least` and `most`; without a share
    `least` is the limit. `is_off`: every number passes.
    """

    least: int = 0
    share: int | None = None
    most: int | None = None
    is_off: bool = False

    def bound(self, of: int) -> int | None:
        """The largest number of `of` that passes; None when the guard is off."""
        if self.is_off:
            return None
        if self.share is None:
            return self.least
        found = of * self.share // _WHOLE
        return max(self.least, found if self.most is None else min(self.most, found))

    @property
    def setting(self) -> Any:
        """The limit as ``guardrails`` says it."""
        if self.is_off:
            return OFF
        if self.share is None:
            return self.least
        share = _percent(self.share)
        if not self.least and self.most is None:
            return share
        found: dict[str, Any] = {"atLeast": self.least} if self.least else {}
        found["share"] = share
        if self.most is not None:
            found["atMost"] = self.most
        return found

    def __str__(self) -> str:
        """The limit in a few words, for tables and messages."""
        if self.is_off:
            return OFF
        if self.share is None:
            return f"{self.least:,}"
        text = _percent(self.share)
        text = text if self.most is None else f"min({self.most:,}, {text})"
        return f"max({self.least:,}, {text})" if self.least else text


def _percent(share: int) -> str:
    whole, part = divmod(share, _PER_PERCENT)
    return f"{whole}.{part:03}".rstrip("0").rstrip(".") + "%"


OFF_LIMIT = Limit(is_off=True)
WITH_SHARES = frozenset(
    {
        Guard.SUSPENSIONS,
        Guard.SIM_MOVES,
        Guard.SIMS_TOUCHED,
        Guard.WIDER_REACH,
        Guard.DELETIONS,
        Guard.SHRUNK_ACCOUNT,
    }
)
"""The guards that count part of a whole: their limit may be a share."""
DEFAULTS: Mapping[Guard, Limit] = MappingProxyType(
    {
        Guard.TERMINATIONS: Limit(0),
        Guard.SUSPENSIONS: Limit(10, 500, 100),
        Guard.SIM_MOVES: Limit(10, 5_000, 500),
        Guard.SIMS_TOUCHED: Limit(10, 20_000, 5_000),
        Guard.POLICY_SWITCH: Limit(1_000),
        Guard.WIDER_REACH: Limit(10, 20_000, 5_000),
        Guard.DELETIONS: Limit(3, 10_000),
        Guard.EMPTIED: Limit(0),
        Guard.LEFT_OUT: Limit(0),
        Guard.SHRUNK_ACCOUNT: Limit(0, 10_000),
        Guard.NEW_PEERS: Limit(0),
        Guard.SHARED_VALUES: Limit(1),
    }
)
"""The default limit of each guard."""


@dataclass(frozen=True, slots=True)
class Limits:
    """
    The limit of each guard: what is not stated is the default.

    A `ceiling` has the limits of the base: this change set lowers a limit, and does not raise one for itself.
    """

    stated: Mapping[Guard, Limit] = field(default_factory=dict)
    ceiling: "Limits | None" = None

    def __getitem__(self, guard: Guard) -> Limit:
        """The limit that holds."""
        return self.stated.get(guard, DEFAULTS[guard])

    def effective(self, guard: Guard, of: int) -> Limit:
        """The limit that holds for so many: the stricter one where there is a ceiling."""
        own = self[guard]
        if self.ceiling is None or (most := self.ceiling[guard].bound(of)) is None:
            return own
        bound = own.bound(of)
        return self.ceiling[guard] if bound is None or bound > most else own

    def over(self, others: "Limits") -> "Limits":
        """These limits, and those of `others` where these say nothing."""
        return Limits({**others.stated, **self.stated})

    @property
    def settings(self) -> dict[str, Any]:
        """Every limit as ``guardrails`` says it; what the digest of the policy covers."""
        return {guard.value: self[guard].setting for guard in Guard}


STANDARD = Limits()
"""The limits of an estate that states none."""
ALL_OFF = Limits(dict.fromkeys(Guard, OFF_LIMIT))
"""No guard limits anything; structural guards hold all the same."""


class NotALimit(ValueError):
    """A value that is no limit: what is expected, and what to write."""

    def __init__(self, expected: str, fix: str) -> None:
        super().__init__(expected)
        self.expected = expected
        self.fix = fix


def share_of(text: str) -> int:
    """A share such as ``5%`` or ``0.5%`` in thousandths of a percent; `NotALimit` for anything else."""
    found = _SHARE.fullmatch(text)
    share = int(found[1]) * _PER_PERCENT + int((found[2] or "0").ljust(3, "0")) if found else _WHOLE + 1
    if share > _WHOLE:
        message = "a share from 0% to 100%"
        raise NotALimit(message, "write a number and a percent sign, such as 5% or 0.5%")
    return share


def number_of(value: object) -> int:
    """A whole number that limits something; `NotALimit` for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        message = f"a whole number from 0 to {LARGEST_LIMIT - 1}"
        raise NotALimit(message, "write decimal digits without sign, quotes, separators, fraction or exponent")
    return int(value)


def limit_of(guard: Guard, value: object) -> Limit:
    """
    The limit that a setting says: a number, a share, ``{atLeast, share, atMost}`` or ``off``.

    `NotALimit` for anything else, and for a share where nothing is counted in.
    """
    if value == OFF:
        return OFF_LIMIT
    if isinstance(value, Mapping):
        return _mixture(guard, value)
    if isinstance(value, str) and "%" in value:
        _check_share(guard)
        return Limit(0, share_of(value))
    try:
        return Limit(number_of(value))
    except NotALimit as error:
        message = f"{error.expected}, {'a share such as 5%, ' if guard in WITH_SHARES else ''}or off"
        raise NotALimit(message, f"{error.fix}; off switches this guard off") from None


def _mixture(guard: Guard, value: Mapping[Any, Any]) -> Limit:
    _check_share(guard)
    share = value.get("share")
    if not set(value) <= {"atLeast", "share", "atMost"} or not isinstance(share, str):
        message = "a mapping with share, and with atLeast and atMost if they are wanted"
        raise NotALimit(message, "write {atLeast: 10, share: 5%, atMost: 500}, or one number")
    least = number_of(value.get("atLeast", 0))
    most = number_of(value["atMost"]) if "atMost" in value else None
    if most is not None and most < least:
        message = "atMost that is at least atLeast"
        raise NotALimit(message, "exchange the two numbers, or write one number")
    return Limit(least, share_of(share), most)


def _check_share(guard: Guard) -> None:
    if guard not in WITH_SHARES:
        message = "a whole number or off, since this guard counts no part of a whole"
        raise NotALimit(message, "write a number, or off")
