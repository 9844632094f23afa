"""
The octoDNS twin: one zone of records in YAML, and a provider that reads what is live from one JSON file.

octoDNS lives in an environment of its own, so that it cannot weigh on ours: ``OCTODNS_PYTHON`` names its interpreter.
"""

import json
import os
from pathlib import Path

from bench.measuring import ENVIRONMENT, Sample, apart, sample

_PROVIDER = """\
import json
import logging

from octodns.provider.base import BaseProvider
from octodns.record import Record


class LiveRecords(BaseProvider):
    SUPPORTS = {"A", "CNAME"}
    SUPPORTS_GEO = SUPPORTS_DYNAMIC = SUPPORTS_ROOT_NS = False

    def __init__(self, id, path):
        self.log = logging.getLogger(id)
        super().__init__(id)
        self.path = path

    def populate(self, zone, target=False, lenient=False):
        with open(self.path) as source:
            records = json.load(source)
        for name, data in records.items():
            zone.add_record(Record.new(zone, name, data, source=self, lenient=lenient), lenient=lenient)
        return True

    def _apply(self, plan):
        raise NotImplementedError
"""
_ZONE = "zones/bench.example.yaml"
_CONFIGURATION = """\
providers:
  written:
    class: octodns.provider.yaml.YamlProvider
    directory: ./zones
    default_ttl: 300
  live:
    class: live_records.LiveRecords
    path: ./live.json
zones:
  bench.example.:
    sources: [written]
    targets: [live]
"""


def interpreter() -> str | None:
    """The interpreter of the environment that octoDNS is installed in, or None."""
    named = os.environ.get("OCTODNS_PYTHON")
    return named if named and Path(named).exists() else None


class Zone:
    """A zone of `size` records, nine of ten A and the rest CNAME, live as written. `megabytes` is its YAML's size."""

    def __init__(self, python: str, folder: Path, size: int) -> None:
        self._program = str(Path(python).with_name("octodns-sync"))
        self._folder = folder
        apart(_write, folder, size)
        self.megabytes = (folder / _ZONE).stat().st_size / 1e6

    def plan(self, cores: set[int]) -> Sample:
        """One plan; refused unless it finds no change."""
        told = self._folder / "told.txt"
        # It logs to standard output, and nothing else there says that nothing would change.
        command = [self._program, "--config-file", "config.yaml", "--log-stream-stdout"]
        seen = sample(
            command, self._folder, cores=cores, environment=ENVIRONMENT | {"PYTHONPATH": str(self._folder)}, output=told
        )
        if "No changes were planned" not in told.read_text(encoding="utf-8"):
            message = f"octoDNS finds changes where there are none:\n{told.read_text(encoding='utf-8')[-2000:]}"
            raise SystemExit(message)
        return seen


def _write(folder: Path, size: int) -> None:
    (folder / "zones").mkdir(parents=True)
    (folder / "live_records.py").write_text(_PROVIDER, encoding="utf-8")
    (folder / "config.yaml").write_text(_CONFIGURATION, encoding="utf-8")
    records = {f"h{number:06d}": _record(number) for number in range(size)}
    (folder / "live.json").write_text(json.dumps(records), encoding="utf-8")
    text = "---\n" + "".join(
        f"{name}:\n" + "".join(f"  {key}: {value}\n" for key, value in record.items())
        for name, record in records.items()
    )
    (folder / _ZONE).write_text(text, encoding="utf-8")


def _record(number: int) -> dict[str, str | int]:
    if number % 10 == 9:
        return {"ttl": 300, "type": "CNAME", "value": f"h{number - 1:06d}.bench.example."}
    return {"ttl": 300, "type": "A", "value": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}
