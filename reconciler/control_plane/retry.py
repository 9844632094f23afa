"""When to try again: a pure function from what happened to how long to wait (reliability 5.5)."""

from reconciler.control_plane.errors import (
    ControlPlaneError,
    OutcomeUnknown,
    ProtocolViolation,
    Throttled,
    Unreachable,
)

READ_ATTEMPTS = 5
WRITE_ATTEMPTS = 5
_FIRST_SECONDS = 0.5
_LONGEST_SECONDS = 20.0
LONGEST_RETRY_AFTER_SECONDS = 120.0


def wait_before_reading_again(error: ControlPlaneError, attempt: int, jitter: float) -> float | None:
    """Seconds to wait before a read is sent again, or None. `attempt` counts from 1, `jitter` is in [0, 1)."""
    if attempt >= READ_ATTEMPTS or not isinstance(error, Unreachable | OutcomeUnknown | Throttled | ProtocolViolation):
        return None
    return _wait(error, attempt, jitter)


def wait_before_writing_again(error: ControlPlaneError, attempt: int, jitter: float) -> float | None:
    """As above for a write: only when it was certainly not executed."""
    if attempt >= WRITE_ATTEMPTS or not isinstance(error, Unreachable | Throttled):
        return None
    return _wait(error, attempt, jitter)


def _wait(error: ControlPlaneError, attempt: int, jitter: float) -> float | None:
    if isinstance(error, Throttled) and error.retry_after_seconds is not None:
        wished = error.retry_after_seconds
        return wished if wished <= LONGEST_RETRY_AFTER_SECONDS else None
    return jitter * min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0**attempt)
