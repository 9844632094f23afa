"""
The exceptions that the command line shows as one message and an exit code, never as a traceback.

::

    ReconcilerError
    ├── InvalidManifests            8   the input is wrong; carries every diagnostic
    ├── Refused                     3   a guard said no
    ├── PlanFileError               4   altered, stale, for another account, or of an unknown version
    ├── StalePlan                   4   the platform moved since the plan was made
    ├── ApplyIncomplete             5   some changes failed; the rest were applied; safe to run again
    ├── LockError                   6   the lock is held, or was taken over
    ├── OutcomesUnknown             7   what became of a request could not be found out
    ├── SecretUnavailable           8   a secret reference leads nowhere, or may not be followed
    ├── ConfigurationRefused        8   the estate names a store that the caller's side does not
    ├── StoreError                 11   the store is missing, broken or too new
    ├── UsageError                 64   the command line makes no sense
    ├── OutputError                74   a result could not be written
    └── ControlPlaneError       9, 10   see `reconciler.control_plane.errors`
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.diagnostics import Diagnostic


class ReconcilerError(Exception):
    """Something stopped the program that its user can understand. `hint` says what to do about it."""

    exit_code = 1

    def __init__(self, message: str = "", *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class InvalidManifests(ReconcilerError):
    """The manifests or the configuration are wrong; `diagnostics` says where and how."""

    exit_code = 8

    def __init__(self, diagnostics: "Sequence[Diagnostic]", *, sources: "Mapping[str, bytes] | None" = None) -> None:
        super().__init__(f"{len(diagnostics)} problems in the manifests")
        self.diagnostics = tuple(diagnostics)
        self.sources = sources or {}


class Refused(ReconcilerError):
    """A guard refused the plan."""

    exit_code = 3


class PlanFileError(ReconcilerError):
    """The plan file is not what was reviewed, or not for here."""

    exit_code = 4


class StalePlan(ReconcilerError):
    """Live is neither what the plan saw nor what it wants."""

    exit_code = 4


class ApplyIncomplete(ReconcilerError):
    """Some changes were not made; running again is safe."""

    exit_code = 5


class LockError(ReconcilerError):
    """Another run holds the lock, or took it over."""

    exit_code = 6


class OutcomesUnknown(ReconcilerError):
    """A request was sent and it could not be found out whether it was executed."""

    exit_code = 7


class SecretUnavailable(ReconcilerError):
    """A secret reference names an environment variable or file that is not there, or that may not be read."""

    exit_code = 8


class EstateError(ReconcilerError):
    """The store does not know the estate by this name, or knows another one by it."""

    exit_code = 8


class ConfigurationRefused(ReconcilerError):
    """The configuration of the estate asks for what only the caller's side decides."""

    exit_code = 8


class SimulatorError(ReconcilerError):
    """The state of the embedded platform cannot be used."""

    exit_code = 10


class StoreError(ReconcilerError):
    """The store is missing, damaged, or written by a newer version (I18)."""

    exit_code = 11


class UsageError(ReconcilerError):
    """Flags, arguments or environment contradict each other."""

    exit_code = 64


class OutputError(ReconcilerError):
    """A result could not be written to standard output."""

    exit_code = 74
