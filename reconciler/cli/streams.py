"""
The standard streams of the program: messages that cannot be written are lost, results that cannot be are an error.

A reader that went away is no error: the rest of the result is dropped, and the command goes on to its own exit code.
"""

import codecs
import io
import os
import sys
from types import FrameType
from typing import TYPE_CHECKING, TextIO

from reconciler.errors import OutputError
from reconciler.redaction import KNOWN

if TYPE_CHECKING:
    from typing_extensions import Buffer


class _Messages(io.FileIO):
    """Messages and progress: a full disk or a closed terminal must not disturb what they speak of."""

    def write(self, data: "Buffer", /) -> int:
        """Write what can be written; the rest is lost."""
        try:
            return super().write(data) or memoryview(data).nbytes
        except OSError:
            return memoryview(data).nbytes


class _Results(io.FileIO):
    """Results: written, or said to be missing once; after that nothing more is tried."""

    is_over = False

    def write(self, data: "Buffer", /) -> int:
        """Write; `OutputError` when that is impossible, unless the reader has gone."""
        if self.is_over:
            return memoryview(data).nbytes
        try:
            # None is from a stream that is told not to wait: the caller has to.
            return super().write(data)
        except BrokenPipeError:
            self.is_over = True
            return memoryview(data).nbytes
        except OSError as error:
            self.is_over = True
            raise _failed(error.strerror or str(error)) from error


class _Closed(_Results):
    """Results of a program that was started without an output."""

    def write(self, data: "Buffer", /) -> int:
        """Say so, once."""
        if self.is_over:
            return memoryview(data).nbytes
        self.is_over = True
        raise _failed("it is closed")


def _failed(why: str) -> OutputError:
    return OutputError(
        f"the result could not be written to standard output: {why}", hint="check what standard output is sent to"
    )


def is_writing(frame: FrameType | None) -> bool:
    """Whether this is the frame of a write of one of these streams."""
    return frame is not None and frame.f_code in {_Messages.write.__code__, _Results.write.__code__}


# Plain signs in place of those that an old terminal or code page cannot show.
_PLAIN = {
    "…": "...",
    "–": "-",
    "—": "-",
    "·": ".",
    "→": "->",
    "←": "<-",
    "≠": "!=",
    "×": "x",
    "\N{NO-BREAK SPACE}": " ",
}
_REPLACING = "reconciler-plain"


def _replaced(error: UnicodeError) -> tuple[bytes, int]:
    """The text in place of letters that an encoding lacks: a plain sign, else an escape that JSON knows as well."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return b"".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(letter: str) -> bytes:
    if letter in _PLAIN:
        return _PLAIN[letter].encode()
    if "\udc80" <= letter <= "\udcff":
        # A byte that came in as part of a name goes out as it came.
        return letter.encode("ascii", "surrogateescape")
    pairs = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{pairs[place]:02x}{pairs[place + 1]:02x}" for place in range(0, len(pairs), 2)).encode()


class _Redacted(io.TextIOWrapper):
    """Text that leaves the program: no known secret is in it."""

    def write(self, text: str, /) -> int:
        """Write without known secrets; the letters that were asked for count as written."""
        super().write(KNOWN.own(text))
        return len(text)


def attach() -> None:
    """
    Put the streams of this program in place of Python's own; those that it was started without, too.

    A letter that the encoding of a stream lacks is replaced, never an error.
    """
    codecs.register_error(_REPLACING, _replaced)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(os.devnull)), "utf-8")
    if sys.stdout is None:
        sys.stdout = _text(_Closed(os.devnull, "w"), None)
    else:
        sys.stdout.flush()
        sys.stdout = _text(_Results(sys.stdout.fileno(), "w", closefd=False), sys.stdout)
    if sys.stderr is None:
        sys.stderr = _text(_Messages(os.devnull, "w"), None)
    else:
        sys.stderr = _text(_Messages(sys.stderr.fileno(), "w", closefd=False), sys.stderr)


def _text(raw: io.FileIO, former: TextIO | None) -> TextIO:
    """A stream over `raw`, with the encoding of the one whose place it takes."""
    encoding = "utf-8" if former is None else former.encoding
    buffered = io.BufferedWriter(raw)
    return _Redacted(buffered, encoding, _REPLACING, line_buffering=raw.isatty() or isinstance(raw, _Messages))
