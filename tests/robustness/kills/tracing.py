"""
Stopping a process at each system call that writes, syncs, connects, sends or receives, in all of its threads.

It needs nothing but the Linux kernel: the child asks for a seccomp filter that stops it at these calls, and this
process, its tracer, counts them. At a stop the call has not been made yet: killing there is dying right before call k,
which is the same as dying right after whatever came before it.
"""

import ctypes
import errno
import os
import platform
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

CALLS = {
    "write": 1,
    "writev": 20,
    "pwrite64": 18,
    "pwritev": 296,
    "fsync": 74,
    "fdatasync": 75,
    "ftruncate": 77,
    "fallocate": 285,
    "rename": 82,
    "renameat": 264,
    "renameat2": 316,
    "link": 86,
    "linkat": 265,
    "unlink": 87,
    "unlinkat": 263,
    "connect": 42,
    "sendto": 44,
    "sendmsg": 46,
    "recvfrom": 45,
    "recvmsg": 47,
}
"""The calls by their numbers on x86-64."""
NAMES = tuple(CALLS)
CHANGES_A_FILE = frozenset(
    name for name in NAMES if name not in {"connect", "sendto", "sendmsg", "recvfrom", "recvmsg"}
)

_TRACEME, _POKEUSER, _CONT, _SETOPTIONS, _GETEVENTMSG = 0, 6, 7, 0x4200, 0x4201
_CLONE, _SECCOMP, _EXIT_KILL = 1 << 3, 1 << 7, 1 << 20
_EVENT_CLONE, _EVENT_SECCOMP = 3, 7
_WALL = 0x40000000
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_RET_ALLOW, _RET_TRACE = 0x7FFF0000, 0x7FF00000
_LOAD_NUMBER, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_REGISTER = 8
_RAX, _ORIG_RAX = 10 * _REGISTER, 15 * _REGISTER

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_LIBC.ptrace.restype = ctypes.c_long


@cache
def is_possible() -> bool:
    """Whether processes can be stopped like this on this machine: a container may forbid it."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    allows = "import ctypes, sys; sys.exit(ctypes.CDLL(None).ptrace(0, 0, 0, 0) != 0)"
    return subprocess.run([sys.executable, "-c", allows], check=False).returncode == 0


@dataclass(frozen=True, slots=True)
class Call:
    """One call that is about to be made: the how-manieth of the process (from 1), its name and its file."""

    number: int
    name: str
    thread: int
    process: int

    @property
    def descriptor(self) -> int:
        """The file descriptor that it is for, where that is its first argument; else -1."""
        parts = Path(f"/proc/{self.process}/task/{self.thread}/syscall").read_text(encoding="ascii").split()
        return -1 if self.name.startswith(("rename", "link", "unlink")) else int(parts[1], 16)

    @property
    def file(self) -> str:
        """The path behind the descriptor, or what the kernel calls it; empty where it has none."""
        descriptor = self.descriptor
        try:
            return "" if descriptor < 0 else str(Path(f"/proc/{self.process}/fd/{descriptor}").readlink())
        except OSError:
            return ""


KILL = "kill"
"""The answer of `Judge` that kills the process right before the call."""
Judge = Callable[[Call], str | int | None]
"""Asked at each call: `KILL`, the number of an error that the call then ends with, or None to let it be."""


@dataclass(slots=True)
class Ended:
    """How a traced process ended: its exit code, or None when it was killed; and how many calls it made."""

    exit_code: int | None = None
    calls: int = 0
    by_name: dict[str, int] = field(default_factory=dict)


def forked(run: Callable[[], int]) -> int | None:
    """Run in a child that nobody stops; its exit code, or None when a signal ended it."""
    process = os.fork()
    if process == 0:
        run_and_exit(run)
    _, status = os.waitpid(process, 0)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else None


def run_and_exit(run: Callable[[], int]) -> None:
    """In a child: run, and end the process there with the exit code; nothing of the parent's stack is unwound."""
    code = 70
    try:
        code = run()
    finally:
        os._exit(code)


def traced(run: Callable[[], int], judge: Judge) -> Ended:
    """
    Fork, run `run` in the child, and end there with its exit code; ask `judge` before each call of `CALLS`.

    The child and its threads are a process group of their own. The caller should have no other threads.
    """
    process = os.fork()
    if process == 0:
        os.setpgid(0, 0)
        _ask_for_stops()
        run_and_exit(run)
    return _followed(process, judge)


def _ask_for_stops() -> None:
    instructions = [struct.pack("HBBI", _LOAD_NUMBER, 0, 0, 0)]
    for place, number in enumerate(CALLS.values()):
        instructions.append(struct.pack("HBBI", _JUMP_IF_EQUAL, 0, 1, number))
        instructions.append(struct.pack("HBBI", _RETURN, 0, 0, _RET_TRACE | place))
    instructions.append(struct.pack("HBBI", _RETURN, 0, 0, _RET_ALLOW))
    code = ctypes.create_string_buffer(b"".join(instructions))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(instructions), ctypes.addressof(code)))
    _LIBC.ptrace(_TRACEME, 0, None, None)
    os.kill(os.getpid(), signal.SIGSTOP)
    if _LIBC.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or _LIBC.prctl(_SET_SECCOMP, _FILTER, program, 0, 0):
        raise OSError(ctypes.get_errno(), "no seccomp filter can be set")


def _ptrace(request: int, thread: int, address: int, data: int) -> None:
    # A thread that was killed in the meantime is no error: that it ended is heard of by waiting.
    if _LIBC.ptrace(request, thread, address, data) < 0 and ctypes.get_errno() != errno.ESRCH:
        raise OSError(ctypes.get_errno(), "ptrace")


def _followed(process: int, judge: Judge) -> Ended:
    ended = Ended()
    os.waitpid(process, _WALL)
    _ptrace(_SETOPTIONS, process, 0, _CLONE | _SECCOMP | _EXIT_KILL)
    _ptrace(_CONT, process, 0, 0)
    message = ctypes.c_ulong()
    known = {process}
    while True:
        try:
            thread, status = os.waitpid(-process, _WALL)
        except ChildProcessError:
            return ended
        if not os.WIFSTOPPED(status):
            if thread == process:
                ended.exit_code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
            continue
        number, event = os.WSTOPSIG(status), status >> 16
        if event == _EVENT_SECCOMP:
            _LIBC.ptrace(_GETEVENTMSG, thread, None, ctypes.addressof(message))
            ended.calls += 1
            name = NAMES[message.value & 0xFFFF]
            ended.by_name[name] = ended.by_name.get(name, 0) + 1
            answer = judge(Call(ended.calls, name, thread, process))
            if answer == KILL:
                os.kill(process, signal.SIGKILL)
                continue
            if isinstance(answer, int):
                _fail(thread, answer)
            number = 0
        elif event or (number == signal.SIGSTOP and thread not in known):
            number = 0
        known.add(thread)
        _ptrace(_CONT, thread, 0, number)


def _fail(thread: int, error: int) -> None:
    """Skip the call and let it have ended with an error."""
    _ptrace(_POKEUSER, thread, _ORIG_RAX, -1)
    _ptrace(_POKEUSER, thread, _RAX, -error)
