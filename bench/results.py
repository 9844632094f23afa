"""The outcome: one result for each gate, as a table for people and as JSON for whoever keeps a history."""

import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.measuring import ENVIRONMENT, ROOT, client_cores, server_cores

_VERSIONS = """
import importlib.metadata as m, json, re
names = ["click", "httpx2", "msgspec", "pydantic", "pydantic-core", "PyYAML", "SQLAlchemy"]
print(json.dumps({name: m.version(name) for name in names}))
"""


TIME_ALARM, MEMORY_ALARM = 1.2, 1.1
MEMORY_ROWS = frozenset({"9"})
ACCEPTED = ROOT / "bench" / "accepted.json"


@dataclass(frozen=True, slots=True)
class Result:
    """
    One measured ratio of the budget.

    `gate` None is a number without a gate. `value` None was not measured, and `note` says why. `details` are what it
    was made of.
    """

    row: str
    what: str
    value: float | None
    gate: float | None = None
    note: str = ""
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def has_failed(self) -> bool:
        """Whether there is a gate that the value does not keep; what is not a number keeps none."""
        return self.value is not None and self.gate is not None and not self.value <= self.gate

    @property
    def verdict(self) -> str:
        """One word."""
        if self.value is None:
            return "skipped"
        if self.gate is None:
            return "-"
        return "FAIL" if self.has_failed else "ok"

    def line(self) -> str:
        """One line of the table."""
        value = "" if self.value is None else _number(self.value)
        gate = "" if self.gate is None else f"<= {_number(self.gate)}"
        note = f"  ({self.note})" if self.note else ""
        return f"row {self.row:>3}  {self.what:<62} {value:>8}  {gate:>10}  {self.verdict}{note}"


def _number(value: float) -> str:
    return f"1/{1 / value:.1f}" if 0 < value < 0.3 else f"{value:.2f}"


def skipped(rows: Iterable[tuple[str, str]], why: str) -> list[Result]:
    """Rows that cannot be measured here, visibly."""
    return [Result(row, what, None, note=why) for row, what in rows]


def write(path: Path, results: Sequence[Result], about: Mapping[str, object]) -> None:
    """The results as JSON, with what they depend on."""
    document = {
        "machine": {
            "python": sys.version,
            "platform": platform.platform(),
            "cores": os.cpu_count(),
            "clientCores": sorted(client_cores()),
            "serverCores": sorted(server_cores()),
            "packages": _packages(),
        },
        **about,
        "results": [_plain(result) for result in results],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def read(path: Path) -> tuple[dict[str, object], list[Result]]:
    """The document of an earlier run and its results; empty where there is none."""
    if not path.exists():
        return {}, []
    document = json.loads(path.read_text(encoding="utf-8"))
    kept = ("row", "what", "value", "gate", "note", "details")
    return document, [Result(**{name: plain[name] for name in kept}) for plain in document["results"]]


def alarms(results: Iterable[Result], accepted: Iterable[Result]) -> list[str]:
    """The rows that are worse than in the last accepted run by more than noise, each with both numbers."""
    before = {(result.row, result.what): result.value for result in accepted}
    found = []
    for result in results:
        then = before.get((result.row, result.what))
        worst = MEMORY_ALARM if result.row in MEMORY_ROWS else TIME_ALARM
        if result.value is not None and then is not None and result.value > then * worst:
            found.append(f"row {result.row}  {result.what}: {_number(result.value)}, accepted {_number(then)}")
    return found


def _plain(result: Result) -> dict[str, object]:
    known = result.value if result.value is not None and math.isfinite(result.value) else None
    return asdict(result) | {"value": known, "verdict": result.verdict}


def _packages() -> dict[str, str]:
    # In a process of its own: what this one imports, its children seem to weigh.
    told = subprocess.run(
        [sys.executable, "-c", _VERSIONS], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    found: dict[str, str] = json.loads(told.stdout)
    return found
