"""One run in progress: as many changes at a time as may be made, until all ended or too many failed."""

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from reconciler.apply.driver import Driver
from reconciler.apply.recovery import Recovered
from reconciler.apply.schedule import Schedule
from reconciler.model.address import Address
from reconciler.plan.change import Change
from reconciler.plan.outcomes import (
    AlreadyDone,
    Ending,
    Failed,
    Outcome,
    SimsAdvanced,
    Skipped,
    Started,
    Succeeded,
    Unknown,
)
from reconciler.store.lock import Fenced

FAILURES_IN_A_ROW = 3
FAILURES_PERCENT = 5
_LOOK_AROUND_SECONDS = 0.2

Listener = Callable[[Outcome | SimsAdvanced], None]


@dataclass(kw_only=True)
class Run:
    """One run in progress: what is under way, what ended, and whether anything more may begin."""

    driver: Driver
    blocked: Recovered
    on_event: Listener
    stop: threading.Event
    total: int
    parallelism: int
    endings: dict[Address, Ending] = field(default_factory=dict)
    failures: int = 0
    in_a_row: int = 0
    is_fatal: bool = False
    fenced: str | None = None
    error: BaseException | None = None

    def why_stopped(self) -> str | None:
        """Why nothing more may begin, or None."""
        if self.fenced is not None:
            return "the lock was lost"
        if self.error is not None:
            return "the run broke off"
        if self.is_fatal:
            return "the platform does not accept the token"
        if self.stop.is_set():
            return "the run was interrupted"
        if self.in_a_row >= FAILURES_IN_A_ROW:
            return f"{FAILURES_IN_A_ROW} changes in a row failed"
        if self.failures >= max(FAILURES_IN_A_ROW, -(-self.total * FAILURES_PERCENT // 100)):
            return f"{self.failures} of {self.total} changes failed"
        return None

    def work(self, schedule: Schedule) -> None:
        """Make all changes of a schedule that may be made."""
        with ThreadPoolExecutor(self.parallelism, thread_name_prefix="apply") as pool:
            running: dict[Future[Ending], Change] = {}
            while True:
                while len(running) < self.parallelism and self.why_stopped() is None:
                    change = schedule.start()
                    if change is None:
                        break
                    if change.address in self.blocked.unknown:
                        reason = self.blocked.unknown[change.address]
                        self.end(Unknown(change.address, change.action, reason), schedule)
                        continue
                    self.on_event(Started(change.address, change.action))
                    running[pool.submit(self.driver.make, change)] = change
                if not running:
                    break
                finished, _ = wait(running, timeout=_LOOK_AROUND_SECONDS, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._collect(future, running.pop(future), schedule)
        self.skip(schedule, self.why_stopped() or "it was never ready")

    def skip(self, schedule: Schedule, why: str) -> None:
        """Leave out what is left of a schedule."""
        for change in schedule.rest():
            self.end(Skipped(change.address, change.action, why), schedule)

    def _collect(self, future: "Future[Ending]", change: Change, schedule: Schedule) -> None:
        error = future.exception()
        if error is None:
            self.end(future.result(), schedule)
            return
        reason = "it was broken off; what became of it is found out by the next run"
        if isinstance(error, Fenced):
            self.fenced = self.fenced or str(error)
        else:
            self.error = self.error or error
        self.end(Unknown(change.address, change.action, reason), schedule)

    def end(self, ending: Ending, schedule: Schedule) -> None:
        """Note how a change ended, and what follows for those that wait for it."""
        self.endings[ending.address] = ending
        self.on_event(ending)
        if isinstance(ending, Succeeded | AlreadyDone):
            self.in_a_row = 0
            schedule.succeeded(ending.address)
            return
        if isinstance(ending, Failed | Unknown):
            self.failures += 1
            self.in_a_row += 1
            self.is_fatal = self.is_fatal or (isinstance(ending, Failed) and ending.is_fatal)
        if not isinstance(ending, Skipped):
            for change in schedule.failed(ending.address):
                self.end(Skipped(change.address, change.action, str(ending.address)), schedule)
