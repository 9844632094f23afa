"""
The command line in a forked child: everything is imported already, so that a command costs milliseconds to start.

Waiting is skipped: the child's clocks run ahead by what it would have slept, and so do those of its successors.
"""

import ctypes
import importlib
import mmap
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.cli import main as command_line
from reconciler.environment import Environment, system
from reconciler.operations import estate


@dataclass
class Launcher:
    """Commands in the folder `root` with an environment; `output` gets what they write."""

    root: Path
    environment: Mapping[str, str]
    ahead: ctypes.c_double = field(default_factory=lambda: ctypes.c_double.from_buffer(mmap.mmap(-1, mmap.PAGESIZE)))

    @property
    def output(self) -> Path:
        """The file with the output of the commands."""
        return self.root / ".output"

    def command(self, *arguments: str) -> Callable[[], int]:
        """The work of the child: one command line; its exit code."""

        def run() -> int:
            self.settle_in()
            return exit_code(arguments)

        return run

    def modules_of(self, arguments: Sequence[str]) -> list[str]:
        """The modules that a command imports, wherever it ends; found out in a child of its own."""
        reading, writing = os.pipe()
        if os.fork() == 0:
            try:
                self.settle_in()
                exit_code(arguments)
                with os.fdopen(writing, "w", encoding="utf-8") as pipe:
                    pipe.write("\n".join(sys.modules))
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            names = pipe.read().split()
        os.wait()
        return names

    def forget(self) -> None:
        """Before a new story: no output, and clocks as they are."""
        self.ahead.value = 0.0
        self.output.unlink(missing_ok=True)

    def said(self) -> str:
        """The output of the commands, the last lines."""
        return "\n".join(self.output.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])

    def settle_in(self) -> None:
        """In the child, before the command: its streams, folder, variables and machine."""
        opened = os.open(self.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for target, source in ((0, nothing), (1, opened), (2, opened)):
            os.dup2(source, target)
        # The streams of the parent may be captured: the child's are its own.
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
        os.environ.clear()
        os.environ.update(self.environment)
        os.chdir(self.root)
        vars(estate)["system"] = self.machine

    def machine(self) -> Environment:
        """The machine, on which sleeping takes no time."""

        def sleep(seconds: float) -> None:
            self.ahead.value += seconds

        return replace(
            system(),
            sleep=sleep,
            monotonic=lambda: time.monotonic() + self.ahead.value,
            wall=lambda: time.time() + self.ahead.value,
        )


def exit_code(arguments: Sequence[str]) -> int:
    """Run one command line in this process; what it would have ended with."""
    try:
        command_line.main(list(arguments))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    finally:
        with suppress(OSError):
            sys.stdout.flush()
    return 0


def preload(names: Sequence[str]) -> None:
    """Import modules now, so that children need not."""
    for name in names:
        with suppress(ImportError):
            importlib.import_module(name)
