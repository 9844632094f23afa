"""
One process that feeds a loader: ``python -m tests.fuzzing.worker LOADER SEED COUNT SECONDS``.

Each input may take five seconds and half a GiB of resident memory more than the process has when it begins; address
space, which libraries reserve without using it, is limited to four GiB. What broke a promise is written as a line of
JSON; the last line is the count.
"""

import base64
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

from tests.fuzzing.loaders import LOADERS, Loader
from tests.fuzzing.mutation import mutated

MOST_BYTES = 512 * 1024 * 1024
MOST_SECONDS = 5
_MOST_TOLD = 20
_MOST_ADDRESSES = 4 * 1024 * 1024 * 1024


class Hang(BaseException):
    """An input took too long."""


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise Hang


def _limit_memory() -> int:
    """Limit the address space; the most resident memory so far, in bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + _MOST_ADDRESSES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    return _most_resident()


def _most_resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def asked(loader: Loader, content: bytes, folder: Path) -> str | None:
    """What one input did to a loader that it must not do, in words."""
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
        # Whatever is imported on first use is not the fault of an input.
        for content in corpus[:_MOST_TOLD]:
            asked(loader, content, folder)
        at_first = _limit_memory()
        for number in range(count):
            if time.monotonic() > until or told >= _MOST_TOLD:
                break
            chance = random.Random(f"{seed}/{number}")
            content = corpus[number] if number < len(corpus) and seed == 0 else mutated(corpus, chance)
            trouble = asked(loader, content, folder)
            fed += 1
            if trouble is None and _most_resident() - at_first > MOST_BYTES:
                trouble = "took more than 512 MiB"
                at_first = _most_resident()
            if trouble is not None:
                told += 1
                line = {"trouble": trouble, "number": number, "content": base64.b64encode(content).decode()}
                print(json.dumps(line), flush=True)
    print(json.dumps({"fed": fed}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
