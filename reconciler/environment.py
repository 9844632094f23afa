"""
The one seam to the machine: time, sleep, chance, identity and environment variables.

Code that needs one of them takes an `Environment` and asks it; nothing else in `apply`, `store` and `control_plane`
reads a clock. So a test can run an hour of waiting in a millisecond, and the same run twice.
"""

import datetime
import gc
import os
import pwd
import random
import secrets
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """
    The clocks, the sleep and the randomness of the machine.

    `monotonic` is for deadlines and durations, `wall` (Unix seconds) for leases between processes and for display.
    `jitter` is in [0, 1). `new_id` names runs, `entropy` gives that many bytes nobody can guess.
    """

    monotonic: Callable[[], float]
    wall: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    new_id: Callable[[], str]
    entropy: Callable[[int], bytes]
    variables: Mapping[str, str]
    host: str
    pid: int
    user: str

    def now(self) -> str:
        """The wall clock in UTC as ISO 8601 with seconds, for people."""
        moment = datetime.datetime.fromtimestamp(self.wall(), tz=datetime.UTC)
        return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


_NOT_SET = {"", "0", "false", "no", "off"}


def setting(variables: Mapping[str, str], name: str) -> str | None:
    """The value of a variable that configures reconciler, without blanks around it; None when it is empty or unset."""
    return variables.get(name, "").strip() or None


def is_ci(variables: Mapping[str, str]) -> bool:
    """Whether a pipeline runs us: ``CI`` is set, and not to ``0``, ``false``, ``no`` or ``off``."""
    return variables.get("CI", "").strip().lower() not in _NOT_SET


def user_of(variables: Mapping[str, str]) -> str:
    """
    The person who runs us, for the history of runs.

    In a pipeline the forge names who started it. Without any variable, as in a container or under cron, it is the
    account of the process, by its name or its number.
    """
    for name in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER", "LOGNAME"):
        if found := variables.get(name):
            return found
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"the account {os.geteuid()}"


def system() -> Environment:
    """The machine that we run on."""
    return Environment(
        monotonic=time.monotonic,
        wall=time.time,
        sleep=time.sleep,
        jitter=random.random,
        new_id=lambda: str(uuid.uuid4()),
        entropy=secrets.token_bytes,
        variables=os.environ,
        host=socket.gethostname(),
        pid=os.getpid(),
        user=user_of(os.environ),
    )


@contextmanager
def uncollected() -> Iterator[None]:
    """
    Without cyclic garbage collection, for work that only builds.

    Nothing that loading and planning make is garbage; the collector would walk it again and again.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            # The new objects live on; without this the first collection afterwards would walk all of them once more.
            gc.freeze()
            gc.enable()
