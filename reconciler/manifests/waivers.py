"""Waivers as a policy states them, and as `guard waive` writes them."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Required

from typing_extensions import TypedDict

from reconciler.manifests.writer import written
from reconciler.model.checks import Check, ShownAs
from reconciler.model.closed import closed
from reconciler.model.fields import Doc
from reconciler.model.scalars import refuse
from reconciler.plan.limits import Guard, NotALimit, number_of
from reconciler.plan.waivers import Waiver

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LONGEST = 500
_GUARDS = [guard.value for guard in Guard]


def _guard(value: Any) -> str:
    if value not in _GUARDS:
        raise refuse("a guard with a limit", value, f"write one of {', '.join(_GUARDS)}")
    return str(value)


def _number(value: Any) -> int:
    try:
        return number_of(value)
    except NotALimit as error:
        raise refuse(error.expected, value, error.fix) from None


def _digest(value: Any) -> str:
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise refuse("a digest", value, "write the one that `reconciler guard waive` prints")
    return value


def _line(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > _LONGEST or not text.isprintable():
        raise refuse("one line of text", value, "write who or why in a few words")
    return text


def day_of(text: str) -> str:
    """A day as ``2026-12-31``; `ValueError` for anything else."""
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError(text)
    return text


def _day(value: Any) -> str:
    try:
        return day_of(str(value))
    except ValueError:
        raise refuse("a day", value, "write the last day on which it holds, such as 2026-12-31") from None


_TEXT = ShownAs({"type": "string", "minLength": 1})


@closed
class WaiverSettings(TypedDict, total=False):
    """A recorded consent to one finding of one guard."""

    guard: Required[Annotated[Any, Check(_guard), ShownAs({"enum": _GUARDS}), Doc("The guard that refuses.")]]
    limit: Required[Annotated[Any, Check(lambda value: _line(str(value))), _TEXT, Doc("Its limit, in words.")]]
    number: Required[
        Annotated[Any, Check(_number), ShownAs({"type": "integer", "minimum": 0}), Doc("The number that is found.")]
    ]
    digest: Required[
        Annotated[
            Any,
            Check(_digest),
            ShownAs({"type": "string", "pattern": f"^{_DIGEST.pattern}$"}),
            Doc("The digest of the sorted addresses or ICCIDs that are found."),
        ]
    ]
    reason: Required[Annotated[Any, Check(_line), _TEXT, Doc("Why it may happen.")]]
    approver: Required[Annotated[Any, Check(_line), _TEXT, Doc("The person or team that consents.")]]
    expires: Required[
        Annotated[Any, Check(_day), ShownAs({"type": "string", "format": "date"}), Doc("The last day, in UTC.")]
    ]


def waivers_of(settings: Iterable[Mapping[str, Any]], source: str) -> tuple[Waiver, ...]:
    """The waivers that validated settings state, as written in a source."""
    return tuple(
        Waiver(
            guard=Guard(one["guard"]),
            limit=one["limit"],
            number=one["number"],
            digest=one["digest"],
            reason=one["reason"],
            approver=one["approver"],
            expires=one["expires"],
            source=source,
        )
        for one in settings
    )


def waiver_text(waiver: Waiver) -> str:
    """A waiver in YAML, as an item of ``spec.waivers`` of a policy."""
    item = {
        "guard": waiver.guard.value,
        "limit": waiver.limit,
        "number": waiver.number,
        "digest": waiver.digest,
        "reason": waiver.reason,
        "approver": waiver.approver,
        "expires": waiver.expires,
    }
    return written([item]).decode()
