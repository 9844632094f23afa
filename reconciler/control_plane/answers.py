"""The platform's answers: the meaning of each status and of ``{success, messages, data}``."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from reconciler.control_plane.errors import OutcomeUnknown, ProtocolViolation, Rejected, Throttled, Unauthorised
from reconciler.control_plane.transport import HttpAnswer

NOT_FOUND = "record not found"


@dataclass(frozen=True, slots=True)
class PlatformAnswer:
    """The data of an answer, its total for lists, and whether it says that the object is not there."""

    data: Any
    total: int | None
    messages: tuple[str, ...]
    is_absent: bool
    status: int


def open_answer(answer: HttpAnswer, what: str, *, is_read: bool) -> PlatformAnswer:
    """
    Read an answer.

    Raises `Unauthorised`, `Throttled` and `Rejected` for clear refusals, `OutcomeUnknown` when it does not tell
    whether a write was executed, `ProtocolViolation` for a read that makes no sense. Bodies never enter a message
    (S11b).
    """
    status = answer.status
    if status in {401, 403}:
        raise Unauthorised(f"{what}: the platform refused the token (HTTP {status})", hint=_TOKEN_HINT)
    if status == 429 or (status == 503 and answer.retry_after is not None):
        message = f"{what}: the platform asks to slow down (HTTP {status})"
        raise Throttled(message, retry_after_seconds=_seconds(answer.retry_after))
    if status >= 500 or status in {408, 425}:
        raise OutcomeUnknown(f"{what}: HTTP {status}")
    if 300 <= status < 400:
        # The hint is part of the message: a write that was redirected is found out, and ends with its reason alone.
        message = f"{what}: the platform answered a redirect (HTTP {status}), which is never followed: {ADDRESS_HINT}"
        raise ProtocolViolation(message)
    if status == 404 and not _is_object(answer.content) and (answer.content.strip() or not is_read):
        # Some gateway on the way: that it found nothing does not say that the platform has nothing (I10), and to a
        # write not even that it was not executed. Only to a read may the platform answer 404 without a word (A.4).
        message = f"{what}: answered HTTP 404, but not in the words of the platform"
        raise Rejected(message, (), status=status, hint=ADDRESS_HINT) if is_read else OutcomeUnknown(message)
    body = _decoded(answer, what, is_read=is_read)
    messages = _messages(body)
    is_refused = _is_refused(body, status)
    if is_refused and (status == 404 or NOT_FOUND in (m.strip().lower() for m in messages)):
        return PlatformAnswer(None, None, messages, is_absent=True, status=status)
    if status == 404 and is_read and not answer.content.strip():
        return PlatformAnswer(None, None, messages, is_absent=True, status=status)
    if is_refused:
        raise Rejected(what, messages, status=status)
    if status >= 400 or body.get("success") is not True:
        # Neither a yes nor a no: somebody on the way may have said it, after the platform did what was asked.
        message = f"{what}: answered HTTP {status} without saying whether it was done"
        raise ProtocolViolation(message, hint=ADDRESS_HINT) if is_read else OutcomeUnknown(message)
    total = body.get("totalItems")
    return PlatformAnswer(
        body.get("data"), total if isinstance(total, int) else None, messages, is_absent=False, status=status
    )


ADDRESS_HINT = "check that --platform is the whole address of the API, such as https://api.stacuity.com/api/v1"
_TOKEN_HINT = "set STACUITY_TOKEN or --token-file to a token of the right account"  # noqa: S105 - a hint, not a token


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Raise `ProtocolViolation` when what is done with an answer shows that it has not the shape that it should."""
    try:
        yield
    except (msgspec.MsgspecError, LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
        message = f"{what}: answered something of another shape than is known ({type(error).__name__})"
        raise ProtocolViolation(message, hint=ADDRESS_HINT) from error


def _is_refused(body: dict[str, Any], status: int) -> bool:
    """
    Whether the platform says no: ``success: false``, or a problem document (A.4) that names its own status.

    Nothing else is a refusal: an answer without either says nothing of what was done.
    """
    success = body.get("success")
    return success is False or (success is None and status >= 400 and body.get("status") == status)


def _is_object(content: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(content), dict)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False


def _decoded(answer: HttpAnswer, what: str, *, is_read: bool) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return body
    if answer.status >= 400:
        return {}
    kind = "nothing" if not answer.content else f"{len(answer.content)} bytes that are not an object in JSON"
    message = f"{what}: answered {kind} (HTTP {answer.status})"
    raise ProtocolViolation(message, hint=ADDRESS_HINT) if is_read else OutcomeUnknown(message)


def _messages(body: dict[str, Any]) -> tuple[str, ...]:
    found = body.get("messages")
    if isinstance(found, list):
        return tuple(str(message) for message in found)
    errors = body.get("errors")
    if isinstance(errors, dict):
        return tuple(f"{name}: {', '.join(map(str, why))}" for name, why in errors.items() if isinstance(why, list))
    return (str(body["title"]),) if isinstance(body.get("title"), str) else ()


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None
