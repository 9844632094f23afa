"""The lock of a run, kept alive while it works, and the check right before each request."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from reconciler.environment import Environment
from reconciler.errors import LockError, StoreError
from reconciler.store.lock import Fenced
from reconciler.store.records import Epoch
from reconciler.store.store import Store

REQUEST_SECONDS = 45.0
"""The longest that one request takes (S13)."""
_A_MOMENT = 0.5


class Lease:
    """
    The right to send, as long as it lasts.

    A thread renews it four times a lease. The deadline is counted from before a renewal was sent, so that it is never
    later than what the store believes.
    """

    def __init__(self, store: Store, environment: Environment, epoch: Epoch, *, taken_at: float) -> None:
        self.epoch = epoch
        self._store = store
        self._environment = environment
        self._deadline = taken_at + epoch.lease_seconds
        self._over = threading.Event()
        self._turn = threading.Lock()
        self._lost: str | None = None
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    @property
    def lost(self) -> str | None:
        """Why the lock is not ours any more, or None."""
        return self._lost

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        """Raise `Fenced` unless a request that is sent now ends before another run may take the lock over."""
        if self._deadline - self._environment.monotonic() < REQUEST_SECONDS:
            self.renew()
        if self._lost is not None:
            raise Fenced(self._lost, hint="nothing more was sent; plan again when the other run is done")

    def renew(self) -> None:
        """Extend the lease; when that fails, the deadline stays."""
        with self._turn:
            before = self._environment.monotonic()
            try:
                self._store.renew(self.epoch)
            except Fenced as error:
                self._lost = str(error)
            except StoreError as error:
                if before + REQUEST_SECONDS > self._deadline:
                    self._lost = f"the lock could not be renewed: {error}"
            else:
                self._deadline = before + self.epoch.lease_seconds

    def _keep(self) -> None:
        while not self._over.wait(self.epoch.lease_seconds / 4):
            self.renew()


def acquire_when_free(
    store: Store, environment: Environment, on_wait: Callable[[LockError, float], None] | None
) -> tuple[float, Epoch]:
    """When the lock was asked for, and the epoch; a lease that its holder lets run out is waited for once."""
    taken_at = environment.monotonic()
    try:
        return taken_at, store.acquire(environment.new_id())
    except LockError as error:
        left = store.lease_left()
        if on_wait is None or store.location.path is not None or left <= 0:
            raise
        on_wait(error, left)
        environment.sleep(left + _A_MOMENT)
    taken_at = environment.monotonic()
    return taken_at, store.acquire(environment.new_id())
