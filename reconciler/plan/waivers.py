"""Waivers as values: recorded consents, each to one finding of a guard, as the caller states them."""

from dataclasses import dataclass

from reconciler.plan.limits import Guard


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """
    A consent to one finding: the guard with its limit in words, the number, and the digest of what is found.

    `approver` is text as it is written in the `source`; who may write there is decided where the source is kept.
    `expires` is a day as ``2026-12-31``.
    """

    guard: Guard
    limit: str
    number: int
    digest: str
    reason: str
    approver: str
    expires: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waivers:
    """
    The waivers that the caller states, and the day on which a plan is judged.

    `are_required`: nobody consents by a number here, as in a pipeline. `source` is where they are written, with its
    `owners` by the forge's file of code owners.
    """

    stated: tuple[Waiver, ...] = ()
    today: str = ""
    are_required: bool = False
    source: str = ""
    owners: tuple[str, ...] = ()


NO_WAIVERS = Waivers()
