"""
One process that feeds a loader: ``python -m tests.robustness.fuzz.worker LOADER SEED COUNT SECONDS``.

Each input may take five seconds (after ten the process ends itself, wherever it hangs) and half a GiB of resident
memory more than the process has before it; address space, which libraries reserve without using it, is limited
to four GiB. An input that broke a promise is written as a line of JSON; the last line is the count.
"""

import base64
import faulthandler
import json
import logging
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from tests.robustness.fuzz.loaders import LOADERS, Loader

MOST_BYTES = 512 * 1024 * 1024
MOST_SECONDS = 5
_MOST_TOLD = 20
_CLEAR, _STATM, _STATUS = (Path("/proc/self", name) for name in ("clear_refs", "statm", "status"))
_MOST_ADDRESSES = 4 * 1024 * 1024 * 1024


class Hang(BaseException):
    """An input took too long."""


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise Hang


def _limit_memory() -> None:
    """Limit the address space."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + _MOST_ADDRESSES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _resident() -> int:
    """The resident memory, in bytes; from now on the kernel notes the most of it anew."""
    _CLEAR.write_text("5", encoding="ascii")
    return int(_STATM.read_text(encoding="ascii").split()[1]) * resource.getpagesize()


def _most_resident() -> int:
    """The most resident memory since `_resident`, in bytes."""
    line = next(line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def asked(loader: Loader, content: bytes, folder: Path) -> str | None:
    """The promise that one input made a loader break, in words; None when it kept all."""
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
    try:
        return loader.ask(content, folder)
    except Hang:
        return f"took more than {MOST_SECONDS} s"
    except MemoryError:
        return "took more than 512 MiB"
    except RecursionError as error:
        return f"RecursionError: {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main(arguments: Sequence[str]) -> int:
    """Feed a loader with so many inputs, or for so long."""
    name, seed, count, seconds = arguments[0], int(arguments[1]), int(arguments[2]), float(arguments[3])
    logging.disable()
    loader = next(each for each in LOADERS if each.name == name)
    corpus = loader.corpus()
    signal.signal(signal.SIGALRM, _too_long)
    until, told, fed = time.monotonic() + seconds, 0, 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "estate"
        folder.mkdir()
        # An import on first use is not the fault of an input.
        for content in corpus[:_MOST_TOLD]:
            asked(loader, content, folder)
        _limit_memory()
        for number in range(count):
            if time.monotonic() > until or told >= _MOST_TOLD:
                break
            chance = random.Random(f"{seed}/{number}")
            content = corpus[number] if number < len(corpus) and seed == 0 else loader.change(corpus, chance)
            # A hang in a library that is not Python hears no signal.
            faulthandler.dump_traceback_later(2 * MOST_SECONDS, exit=True)
            before = _resident()
            trouble = asked(loader, content, folder)
            faulthandler.cancel_dump_traceback_later()
            fed += 1
            if trouble is None and _most_resident() - before > MOST_BYTES:
                trouble = "took more than 512 MiB"
            if trouble is not None:
                told += 1
                line = {"trouble": trouble, "number": number, "content": base64.b64encode(content).decode()}
                print(json.dumps(line), flush=True)
    print(json.dumps({"fed": fed}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
