"""Somebody at a terminal: real processes in a temporary folder, and what they wrote, as a transcript."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import reconciler

ROOT = Path(__file__).resolve().parents[3]
_SECONDS = 60

# Texts that differ from run to run, each with its placeholder.
_NORMAL = (
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:(digest)"),
    (re.compile(r"hmac-sha256:[0-9a-f]+"), "hmac-sha256:(digest)"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "(id)"),
    (re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "(time)"),
    (re.compile(r"last seen on 20\d\d-\d\d-\d\d"), "last seen on (day)"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:(port)"),
    (re.compile(r"\S+ on \S+ \(process \d+,"), "(user) on (host) (process (pid),"),
    (re.compile(r'"toolVersion": ?"[^"]+"|reconciler \d+\.\d+\.\S+'), "reconciler (version)"),
)


@dataclass
class Desk:
    """A folder to work in, its environment, and the transcript so far."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    transcript: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.folder),
            # The package that this process tests: a mutant breaks the rules of a copy.
            "PYTHONPATH": str(Path(reconciler.__file__).parents[1]),
            "LANG": "C.UTF-8",
            "COLUMNS": "100",
            "USER": "somebody",
            "STACUITY_HOST": "embedded",
        } | self.environment

    def write(self, name: str, content: str) -> None:
        """A file of the estate."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text in a file; it must be there."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[bytes]":
        """A command that goes on while the test does something."""
        return self._process(arguments, environment, subprocess.PIPE, subprocess.PIPE)

    def start_into(
        self, *arguments: str, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE
    ) -> "subprocess.Popen[bytes]":
        """A command that writes to other files than pipes."""
        return self._process(arguments, {}, stdout, stderr)

    def _process(
        self, arguments: Sequence[str], environment: Mapping[str, str], stdout: int, stderr: int
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )

    def run(self, *arguments: str, lines: int | None = None, **environment: str) -> int:
        """One command; the transcript gets what it wrote (only the first `lines` of stdout) and how it ended."""
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=_SECONDS)
        return self.note(arguments, out, err, process.returncode, lines=lines, environment=environment)

    def note(
        self,
        arguments: Sequence[str],
        out: bytes,
        err: bytes,
        code: int,
        *,
        lines: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> int:
        """Take one command into the transcript."""
        before = "".join(f"{name}={value} " for name, value in (environment or {}).items())
        text = out.decode()
        if lines is not None and text.count("\n") > lines:
            text = "".join(line + "\n" for line in text.splitlines()[:lines]) + "(and so on)\n"
        block = [f"$ {before}reconciler {' '.join(arguments)}", *text.splitlines()]
        block += [f"[stderr] {line}".rstrip() for line in err.decode().splitlines()]
        self.transcript.append("\n".join([*block, f"[exit code {code}]", ""]))
        return code

    def remark(self, text: str) -> None:
        """Something that happened between two commands."""
        self.transcript.append(f"# {text}\n")

    def text(self) -> str:
        """The transcript with what differs from run to run replaced."""
        text = "\n".join(self.transcript).replace(str(self.folder), "(folder)")
        for pattern, replacement in _NORMAL:
            text = pattern.sub(replacement, text)
        return text


def eventually(found: "subprocess.Popen[bytes]", word: bytes) -> bytes:
    """The output of a process on stderr until a word comes; fails after a while."""
    assert found.stderr is not None
    seen = b""
    deadline = time.monotonic() + _SECONDS
    while word not in seen:
        assert time.monotonic() < deadline, seen
        line = found.stderr.readline()
        assert line, seen
        seen += line
    return seen
