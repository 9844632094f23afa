"""The exit codes and their meanings; the table of `docs/reference/exit-codes.md` is made from them."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The codes that pipelines may branch on. 1 always means a bug in reconciler."""

    FINE = 0
    BUG = 1
    PENDING = 2
    REFUSED = 3
    STALE = 4
    PARTIAL = 5
    LOCKED = 6
    UNKNOWN = 7
    INVALID = 8
    UNAUTHORISED = 9
    PLATFORM = 10
    STORE = 11
    USAGE = 64
    OUTPUT = 74
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.FINE: "fine: nothing is wrong; for `plan` also: changes are pending, unless --detailed-exitcode is given",
    ExitCode.BUG: "a bug in reconciler",
    ExitCode.PENDING: "changes are pending (`plan --detailed-exitcode`, `fmt --check`, `render --check`) or drift was "
    "found (`drift`)",
    ExitCode.REFUSED: "a guard refused the plan; the whole plan is printed all the same",
    ExitCode.STALE: "the plan is stale, altered, or for another account",
    ExitCode.PARTIAL: "applied in part; running again is safe",
    ExitCode.LOCKED: "another run holds the lock, or took it over",
    ExitCode.UNKNOWN: "what became of a request is still unknown",
    ExitCode.INVALID: "the manifests or the configuration are invalid",
    ExitCode.UNAUTHORISED: "the platform does not accept the token, or it lacks a right",
    ExitCode.PLATFORM: "the platform cannot be reached, or it refused",
    ExitCode.STORE: "the store is missing, broken or too new",
    ExitCode.USAGE: "the command line makes no sense",
    ExitCode.OUTPUT: "the result could not be written, or the machine ran out of memory, disk or open files; what the "
    "command did is done",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C (143 by SIGTERM, 129 by SIGHUP unless that is ignored); an apply "
    "finishes what is in flight, and a second Ctrl-C or SIGTERM ends it at once",
}
