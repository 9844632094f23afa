"""
Whether the process that holds a lock still lives, for stores on this machine.

The holder of epoch N keeps a lock on a file of its own, which the operating system takes away when the process dies.
So a killed run blocks no other, and a run that only sleeps is not mistaken for dead.
"""

import fcntl
import glob
import os
import weakref
from pathlib import Path

_ALL: "weakref.WeakSet[Liveness]" = weakref.WeakSet()


class Liveness:
    """The sign of life of one process beside one store."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: dict[int, int] = {}
        _ALL.add(self)

    def _file(self, epoch: int) -> Path:
        return self._path.with_name(f"{self._path.name}.lock-{epoch}")

    def take(self, epoch: int) -> None:
        """Show life as the holder of this epoch."""
        opened = os.open(self._file(epoch), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        # Nobody else holds an epoch of ours; who asks whether we live has it for a moment.
        fcntl.flock(opened, fcntl.LOCK_EX)
        self._held[epoch] = opened

    def is_alive(self, epoch: int) -> bool:
        """Whether the holder of this epoch lives."""
        try:
            # For reading only: it is also asked on a file system that is mounted read-only.
            opened = os.open(self._file(epoch), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        else:
            return False
        finally:
            os.close(opened)

    def drop(self, epoch: int) -> None:
        """Stop showing life, and take the file away; also for an epoch that a dead process held."""
        opened = self._held.pop(epoch, None)
        self._file(epoch).unlink(missing_ok=True)
        if opened is not None:
            os.close(opened)

    def close(self) -> None:
        """Stop showing life for everything."""
        for epoch in tuple(self._held):
            self.drop(epoch)

    def disown(self) -> None:
        """Let go in the child of a fork: the signs of life are the parent's, and the child must not prolong them."""
        while self._held:
            _, opened = self._held.popitem()
            os.close(opened)


def living(path: Path) -> int | None:
    """The epoch of a process that lives and holds the lock of the store at `path`, or None."""
    found = Liveness(path)
    for file in sorted(path.parent.glob(f"{glob.escape(path.name)}.lock-*")):
        number = file.name.rpartition("-")[2]
        if number.isdecimal() and found.is_alive(int(number)):
            return int(number)
    return None


def disown_all() -> None:
    """Let go, in the child of a fork, of everything that its parent holds."""
    for liveness in tuple(_ALL):
        liveness.disown()


os.register_at_fork(after_in_child=disown_all)
