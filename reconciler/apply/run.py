"""One run in progress: as many changes at a time as may be made, until all ended or too many failed."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from reconciler.apply.driver import Driver, Paused
from reconciler.apply.protocol import Look, Sharing
from reconciler.apply.recovery import Recovered
from reconciler.apply.schedule import Schedule
from reconciler.model.address import Address
from reconciler.plan.change import Change
from reconciler.plan.outcomes import (
    AlreadyDone,
    Ending,
    Failed,
    RunEvent,
    Skipped,
    Started,
    Succeeded,
    Unknown,
)
from reconciler.store.lock import Fenced

FAILURES_IN_A_ROW = 3
FAILURES_PERCENT = 5
_LOOK_AROUND_SECONDS = 0.2

Listener = Callable[[RunEvent], None]


MOST_TOGETHER = 100
"""Changes that wait for one list before it is read; more where a list costs more requests."""
_REQUESTS_OF_A_LIST_PERCENT = 10

_Result = list[Ending | Paused]


@dataclass
class _Work:
    """The changes of one run that are under way, `most` at a time, that go on, and that wait for a list, by kind."""

    driver: Driver
    pool: ThreadPoolExecutor
    most: int
    running: "dict[Future[_Result], Sequence[Change]]" = field(default_factory=dict)
    going_on: deque[Paused] = field(default_factory=deque)
    waiting: dict[str, list[Paused]] = field(default_factory=dict)

    def make(self, paused: Paused) -> None:
        """Go on with one change, in a thread."""
        self.running[self.pool.submit(lambda: [self.driver.make(paused)])] = (paused.change,)

    @property
    def has_room(self) -> bool:
        """Whether one more change may be under way."""
        return len(self.running) < self.most

    def go_on(self) -> None:
        """Go on with changes that wait for nothing but their turn."""
        while self.going_on and self.has_room:
            self.make(self.going_on.popleft())

    def pause(self, paused: Paused) -> None:
        """Keep a change until its turn, or until a list is read for it."""
        effect = paused.effect
        if isinstance(effect, Look) and effect.sharing is Sharing.TOGETHER:
            self.waiting.setdefault(paused.change.address.kind, []).append(paused)
        else:
            self.going_on.append(paused)

    def share(self, may_begin: Callable[[str], bool]) -> None:
        """
        Read a list for the changes of each kind of which no other is under way or may begin, or of which many wait.

        Where a list costs as many requests as there are changes, each change reads its own object.
        """
        under_way = {change.address.kind for changes in self.running.values() for change in changes}
        under_way |= {paused.change.address.kind for paused in self.going_on}
        for kind, waiting in list(self.waiting.items()):
            pages = self.driver.lists.pages(kind)
            most = max(MOST_TOGETHER, pages * 100 // _REQUESTS_OF_A_LIST_PERCENT)
            if len(waiting) < most and (kind in under_way or may_begin(kind)):
                continue
            del self.waiting[kind]
            if len(waiting) > pages:
                changes = tuple(paused.change for paused in waiting)
                self.running[self.pool.submit(self.driver.confirm, waiting)] = changes
            else:
                self.going_on += (paused.alone() for paused in waiting)
        self.go_on()


def _nothing(_: str) -> bool:
    """Nothing may begin."""
    return False


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
            work = _Work(self.driver, pool, self.parallelism)
            while True:
                # A change that goes on comes before one that begins: others wait for it.
                work.go_on()
                while work.has_room and self.why_stopped() is None:
                    change = schedule.start()
                    if change is None:
                        break
                    if change.address in self.blocked.unknown:
                        reason = self.blocked.unknown[change.address]
                        self.end(Unknown(change.address, change.action, reason), schedule)
                        continue
                    self.on_event(Started(change.address, change.action))
                    work.make(self.driver.begin(change))
                may_begin = schedule.has_ready if self.why_stopped() is None else _nothing
                work.share(may_begin)
                if not work.running:
                    break
                finished, _ = wait(work.running, timeout=_LOOK_AROUND_SECONDS, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._collect(future, work, schedule)
        self.skip(schedule, self.why_stopped() or "it was never ready")

    def skip(self, schedule: Schedule, why: str) -> None:
        """Leave out what is left of a schedule."""
        for change in schedule.rest():
            self.end(Skipped(change.address, change.action, why), schedule)

    def _collect(self, future: "Future[_Result]", work: "_Work", schedule: Schedule) -> None:
        changes = work.running.pop(future)
        error = future.exception()
        if error is None:
            for result in future.result():
                if isinstance(result, Paused):
                    work.pause(result)
                else:
                    self.end(result, schedule)
            return
        reason = "it was broken off; what became of it is found out by the next run"
        if isinstance(error, Fenced):
            self.fenced = self.fenced or str(error)
        else:
            self.error = self.error or error
        for change in changes:
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
