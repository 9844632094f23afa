"""
Signals that ask the program to end: Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed.

Where nothing is under way the first one ends the command as an exception does. During an apply it lets what is under
way finish, and a second one ends the program at once, whatever it waits for: every step of an apply is durable before
the next one begins, so that nothing can be half-written.
"""

import _thread
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import click

from reconciler.cli.streams import is_writing

EXIT_OF_SIGNAL = 128
"""The number that a shell adds to the number of the signal that ended a program."""
# `timeout` and some shells send the same signal twice for one event; nobody presses a key that fast.
_ONE_EVENT_SECONDS = 0.1
_LAST_WORDS_SECONDS = 0.3
_PUT_OFF_SECONDS = 0.02
# This clears the line of a progress bar and shows the cursor that the bar has hidden.
_CLEARED = "\r\x1b[2K\x1b[?25h"


class Interruption:
    """
    Whether a signal asked to end, and which one was the first: it decides the exit code (130, 143 or 129).

    `stop` is set by the first signal.
    """

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.number: int | None = None
        self._heard_at = 0.0
        self._account: Callable[[], str] | None = None
        self._is_ending = False
        self._is_put_off = False

    @property
    def exit_code(self) -> int:
        """The exit code of a program that was interrupted; that of Ctrl-C where no signal came."""
        return EXIT_OF_SIGNAL + (self.number or signal.SIGINT)

    def listen(self) -> None:
        """Hear signals from now on to the end of the program. SIGHUP stays ignored where it was (nohup)."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._heard)
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._heard)

    def ends(self) -> None:
        """The exit code is decided: a signal that comes now ends what is left of the program without a word."""
        self._is_ending = True

    @contextmanager
    def draining(self, account: Callable[[], str]) -> Iterator[None]:
        """Let the first signal only set `stop`; `account` says what was done when a second one ends the program."""
        self._account = account
        try:
            yield
        finally:
            self._account = None

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self._is_ending:
            os._exit(EXIT_OF_SIGNAL + number)
        if self.number is None and self._account is None and not self._is_put_off and is_writing(frame):
            # An exception in a write that is done would have the same text written again: not here, but in a moment.
            self._is_put_off = True
            _thread.start_new_thread(_again, (number,))
            return
        if self.number is None:
            self.number, self._heard_at = number, time.monotonic()
            self.stop.set()
            if self._account is None:
                raise KeyboardInterrupt
            _say("Interrupted: finishing what is in flight; once more ends at once.")
            return
        # A closed terminal sends SIGHUP more than once: it is no second wish of anybody.
        if number in {signal.SIGINT, signal.SIGTERM} and time.monotonic() - self._heard_at > _ONE_EVENT_SECONDS:
            self._end_at_once(self._account() if self._account is not None else "Interrupted.")

    def _end_at_once(self, words: str) -> NoReturn:
        """End, after last words if these can be written in a moment: a full pipe must not keep the program."""
        spoken = _thread.allocate_lock()
        spoken.acquire()
        stream = sys.__stderr__

        def speak() -> None:
            with contextlib.suppress(Exception):
                if stream is not None:
                    start = _CLEARED if stream.isatty() else ""
                    os.write(stream.fileno(), f"{start}{words}\n".encode(errors="replace"))
                sys.stdout.flush()
            spoken.release()

        # Not threading.Thread: this may have interrupted the start of another one, whose lock it would wait for.
        _thread.start_new_thread(speak, ())
        spoken.acquire(timeout=_LAST_WORDS_SECONDS)
        os._exit(self.exit_code)


def _again(number: int) -> None:
    time.sleep(_PUT_OFF_SECONDS)
    os.kill(os.getpid(), number)


def _say(words: str) -> None:
    """A line on stderr; around its buffer where the signal came while that was being written to."""
    try:
        click.echo(words, err=True)
    except RuntimeError:
        with contextlib.suppress(OSError):
            os.write(sys.__stderr__.fileno() if sys.__stderr__ is not None else -1, f"{words}\n".encode())


CURRENT = Interruption()
"""The interruption of this process: a signal is for all of it."""
