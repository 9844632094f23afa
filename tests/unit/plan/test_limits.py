"""Limits of guards: how they are said, what they let pass, and how they are said again."""

from typing import Any

import pytest

from reconciler.plan.limits import (
    ALL_OFF,
    DEFAULTS,
    OFF_LIMIT,
    STANDARD,
    WITH_SHARES,
    Guard,
    Limit,
    Limits,
    NotALimit,
    limit_of,
    number_of,
    share_of,
)


def test_the_defaults_are_those_of_the_table() -> None:
    """Each guard is on, with the limit that the design says."""
    assert {guard.value: str(STANDARD[guard]) for guard in Guard} == {
        "terminations": "0",
        "suspensions": "max(10, min(100, 0.5%))",
        "simMoves": "max(10, min(500, 5%))",
        "simsTouched": "max(10, min(5,000, 20%))",
        "policySwitch": "1,000",
        "widerReach": "max(10, min(5,000, 20%))",
        "deletions": "max(3, 10%)",
        "emptied": "0",
        "leftOut": "0",
        "shrunkAccount": "10%",
        "newPeers": "0",
        "sharedValues": "1",
    }


@pytest.mark.parametrize(
    ("guard", "of", "bound"),
    [
        (Guard.TERMINATIONS, 1_000_000, 0),
        # Ten SIMs, and as many as a trial has.
        (Guard.SUSPENSIONS, 10, 10),
        (Guard.SIM_MOVES, 10, 10),
        (Guard.SIMS_TOUCHED, 10, 10),
        # The share begins to count, counts, and ends to count.
        (Guard.SUSPENSIONS, 2_199, 10),
        (Guard.SUSPENSIONS, 2_200, 11),
        (Guard.SUSPENSIONS, 20_000, 100),
        (Guard.SUSPENSIONS, 1_000_000, 100),
        (Guard.SIM_MOVES, 219, 10),
        (Guard.SIM_MOVES, 220, 11),
        (Guard.SIM_MOVES, 10_000, 500),
        (Guard.SIM_MOVES, 12_000, 500),
        (Guard.SIMS_TOUCHED, 54, 10),
        (Guard.SIMS_TOUCHED, 55, 11),
        (Guard.SIMS_TOUCHED, 12_000, 2_400),
        (Guard.SIMS_TOUCHED, 1_000_000, 5_000),
        (Guard.DELETIONS, 0, 3),
        (Guard.DELETIONS, 39, 3),
        (Guard.DELETIONS, 40, 4),
        (Guard.SHRUNK_ACCOUNT, 9, 0),
        (Guard.SHRUNK_ACCOUNT, 10, 1),
    ],
)
def test_a_default_limits_so_many(guard: Guard, of: int, bound: int) -> None:
    """A share is rounded down, and lies between the least and the most."""
    assert DEFAULTS[guard].bound(of) == bound


SAID: list[tuple[Guard, Any, Limit, Any, str]] = [
    (Guard.TERMINATIONS, 0, Limit(0), 0, "0"),
    (Guard.TERMINATIONS, "7", Limit(7), 7, "7"),
    (Guard.SIM_MOVES, 1204, Limit(1204), 1204, "1,204"),
    (Guard.SIM_MOVES, 999_999_999, Limit(999_999_999), 999_999_999, "999,999,999"),
    (Guard.SIM_MOVES, "off", OFF_LIMIT, "off", "off"),
    (Guard.EMPTIED, "off", OFF_LIMIT, "off", "off"),
    (Guard.SIM_MOVES, "5%", Limit(0, 5_000), "5%", "5%"),
    (Guard.SIM_MOVES, "0.5 %", Limit(0, 500), "0.5%", "0.5%"),
    (Guard.SIM_MOVES, "12.125%", Limit(0, 12_125), "12.125%", "12.125%"),
    (Guard.SIM_MOVES, "0%", Limit(0, 0), "0%", "0%"),
    (Guard.SIM_MOVES, "100.000%", Limit(0, 100_000), "100%", "100%"),
    (Guard.SIM_MOVES, {"share": "5%"}, Limit(0, 5_000), "5%", "5%"),
    (
        Guard.SIM_MOVES,
        {"atLeast": 10, "share": "5%"},
        Limit(10, 5_000),
        {"atLeast": 10, "share": "5%"},
        "max(10, 5%)",
    ),
    (
        Guard.SIM_MOVES,
        {"share": "5%", "atMost": 0},
        Limit(0, 5_000, 0),
        {"share": "5%", "atMost": 0},
        "min(0, 5%)",
    ),
    (
        Guard.SIM_MOVES,
        {"atLeast": 1000, "share": "50%", "atMost": "1000"},
        Limit(1000, 50_000, 1000),
        {"atLeast": 1000, "share": "50%", "atMost": 1000},
        "max(1,000, min(1,000, 50%))",
    ),
]


@pytest.mark.parametrize(("guard", "value", "limit", "setting", "text"), SAID)
def test_a_limit_is_a_number_a_share_a_mixture_or_off(
    guard: Guard, value: Any, limit: Limit, setting: Any, text: str
) -> None:
    """A limit is read exactly, written again as a setting that reads the same, and shown in a few words."""
    found = limit_of(guard, value)

    assert (found, found.setting, str(found)) == (limit, setting, text)
    assert limit_of(guard, found.setting) == found


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, -1, 1.5, 1e3, 10**9, "", " ", "-1", "+1", "01", "1_000", "1,000", "1e3", "0x10", "Off",
        "none", "٣", [], ["off"], "%", "5 %%", "-5%", "100.001%", "101%", "1000%", "0.1234%", ".5%", "5.%", "1/2%",
        {}, {"atLeast": 1}, {"atMost": 1}, {"share": 5}, {"share": "5"}, {"share": None}, {"share": "5%", "most": 1},
        {"share": "5%", "atLeast": -1}, {"share": "5%", "atLeast": "1%"}, {"share": "5%", "atMost": True},
        {"share": "5%", "atLeast": 2, "atMost": 1}, {"share": "5%", "atMost": None}, {"share": "off"},
    ],
)  # fmt: skip
def test_anything_else_is_no_limit(value: Any) -> None:
    """Each refusal says what is expected and what to write; nothing is guessed, and nothing switches a guard off."""
    with pytest.raises(NotALimit) as refused:
        limit_of(Guard.SIM_MOVES, value)
    assert refused.value.expected
    assert refused.value.fix


@pytest.mark.parametrize("guard", sorted(set(Guard) - WITH_SHARES))
@pytest.mark.parametrize("value", ["5%", {"share": "5%"}, {"atLeast": 1, "share": "5%", "atMost": 2}])
def test_a_share_needs_a_whole(guard: Guard, value: Any) -> None:
    """A guard that counts no part of anything takes a number or off, and says so."""
    with pytest.raises(NotALimit, match="counts no part of a whole"):
        limit_of(guard, value)


def test_a_refused_number_says_what_the_guard_takes() -> None:
    """A share is offered only where there is one."""
    expected = {}
    for guard in (Guard.SIM_MOVES, Guard.EMPTIED):
        with pytest.raises(NotALimit) as refused:
            limit_of(guard, "many")
        expected[guard] = refused.value.expected
    assert expected == {
        Guard.SIM_MOVES: "a whole number from 0 to 999999999, a share such as 5%, or off",
        Guard.EMPTIED: "a whole number from 0 to 999999999, or off",
    }


def test_numbers_and_shares_are_read_exactly() -> None:
    """A number has up to nine digits, a share three decimal places."""
    assert (number_of(0), number_of("42"), number_of(999_999_999)) == (0, 42, 999_999_999)
    assert (share_of("0.001%"), share_of("5%"), share_of("100%")) == (1, 5_000, 100_000)
    with pytest.raises(NotALimit):
        share_of("5")


def test_what_is_not_stated_is_the_default() -> None:
    """One stated limit leaves the ten others as they are."""
    limits = Limits({Guard.SIM_MOVES: Limit(7)})

    assert {guard: limits[guard] for guard in Guard} == {**DEFAULTS, Guard.SIM_MOVES: Limit(7)}


def test_the_limits_of_the_caller_win_one_by_one() -> None:
    """A policy is laid over the tree's limits: each that it states wins, looser or stricter."""
    tree = Limits({Guard.SIM_MOVES: OFF_LIMIT, Guard.DELETIONS: Limit(50)})
    caller = Limits({Guard.SIM_MOVES: Limit(0), Guard.NEW_PEERS: OFF_LIMIT})

    assert caller.over(tree) == Limits(
        {Guard.SIM_MOVES: Limit(0), Guard.DELETIONS: Limit(50), Guard.NEW_PEERS: OFF_LIMIT}
    )


def test_settings_say_every_limit() -> None:
    """The digest of the policy covers all of them, the defaults included."""
    settings = Limits({Guard.EMPTIED: OFF_LIMIT}).settings

    assert settings == {
        "terminations": 0,
        "suspensions": {"atLeast": 10, "share": "0.5%", "atMost": 100},
        "simMoves": {"atLeast": 10, "share": "5%", "atMost": 500},
        "simsTouched": {"atLeast": 10, "share": "20%", "atMost": 5000},
        "policySwitch": 1000,
        "widerReach": {"atLeast": 10, "share": "20%", "atMost": 5000},
        "deletions": {"atLeast": 3, "share": "10%"},
        "emptied": "off",
        "leftOut": 0,
        "shrunkAccount": "10%",
        "newPeers": 0,
        "sharedValues": 1,
    }


def test_off_lets_every_number_pass() -> None:
    """Off is spelled out for each guard; there is no bound then."""
    assert {ALL_OFF[guard].bound(10**9) for guard in Guard} == {None}
