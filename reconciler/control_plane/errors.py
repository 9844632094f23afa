"""
The errors between us and the platform.

::

    ControlPlaneError
    ├── Unreachable        not one byte of the request was sent: certainly not executed
    ├── OutcomeUnknown     the request may or may not have been executed: read before sending again (F7, F9, F10)
    ├── Throttled          429 or 503 with Retry-After: not executed (A6)
    ├── Unauthorised       401 or 403: not executed; nothing else will work either
    ├── Rejected           the platform said no, in its own words (also when it says so with HTTP 200)
    │   └── AbsentCollection  the account does not have a collection
    ├── Stopped            the run was interrupted, and the request was not sent
    ├── IncompleteRead     a list could not be read completely (I10)
    └── ProtocolViolation  a *read* answered something that cannot be understood

Transport errors of the HTTP library are wrapped here and chained as causes. Bodies are never part of a message: they
may hold secrets (S11b); type, length and member names are.
"""

from collections.abc import Sequence

from reconciler.errors import ReconcilerError
from reconciler.redaction import KNOWN

_CONFLICT = 409
_TAKEN = ("already", "exist", "in use", "unique", "duplicate", "taken", "conflict")


class ControlPlaneError(ReconcilerError):
    """The platform could not be reached, or refused, or answered nonsense."""

    exit_code = 10


class Unreachable(ControlPlaneError):
    """Nothing was sent: no connection, no name, no TLS."""


class OutcomeUnknown(ControlPlaneError):
    """Something was sent and no clear answer came back."""


class Throttled(ControlPlaneError):
    """The platform asks us to slow down; `retry_after_seconds` is its wish, or None."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


LONGEST_MESSAGE = 300
"""The most letters of a message that are kept; cut after secrets are taken out, of which a part would stay."""


class Unauthorised(ControlPlaneError):
    """The token is missing, wrong, expired or lacks a right."""

    exit_code = 9


class Rejected(ControlPlaneError):
    """The platform understood and refused; `messages` are its own words, without the secrets that it quotes."""

    def __init__(self, what: str, messages: Sequence[str], *, status: int = 200, hint: str | None = None) -> None:
        self.messages = tuple(KNOWN.foreign(message)[:LONGEST_MESSAGE] for message in messages)
        self._words = " ".join(messages).lower()
        self.status = status
        super().__init__(f"{what}: {' '.join(self.messages) or f'refused with HTTP {status}'}", hint=hint)

    @property
    def may_be_taken(self) -> bool:
        """
        Whether it may have refused because an object of this name exists already.

        The words decide only whether it is looked for, never whose it is.
        """
        return self.status == _CONFLICT or not self._words or any(word in self._words for word in _TAKEN)


class AbsentCollection(Rejected):
    """The account does not have a collection: the platform says 404, or that there is no such record."""


class Stopped(ControlPlaneError):
    """The run was asked to stop before the request was sent: certainly not executed."""


class IncompleteRead(ControlPlaneError):
    """A collection kept changing or contradicted itself while it was read; nothing may be concluded from absence."""


class ProtocolViolation(ControlPlaneError):
    """An answer that cannot be read as the platform's format."""
