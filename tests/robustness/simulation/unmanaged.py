"""
A value that a human set in a field that no manifest speaks of stays as the human set it.

The requests alone decide. The one exemption is documented (docs/explanation/not-promised.md): the edit fell between
the read that our write was based on and that write, so that the write carried along what had been there before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.robustness.simulation.world import Version

HUMAN = "human"
Choice = tuple[str, Sequence[Any]]
FIELDS: Mapping[str, Mapping[str, Choice]] = {
    "OperatorPolicy": {"allow2g": ("allow2g", (True, False)), "allow3g": ("allow3g", (True, False))},
    "VSlice": {"apnPattern": ("apnPattern", ("*.flex", "*.portal", "*"))},
}
"""Fields by kind that a human sets: the name on the wire, and values."""
_NAME = ("name", ("Portal", "Somebody's", "By hand"))


def choices(address: str, versions: Sequence[Version]) -> dict[str, Choice]:
    """The fields of an object that no version of the manifests speaks of."""
    kind = address.partition("/")[0]
    managed = {name for version in versions for name in version.specs.get(address, {})}
    return {
        name: place for name, place in {"displayName": _NAME, **FIELDS.get(kind, {})}.items() if name not in managed
    }


@dataclass
class _Edit:
    value: Any
    tick: int


@dataclass
class Watch:
    """
    The values that humans set, by id and wire name. `tick` counts the writes that the platform has executed.

    `kept` counts our writes to such an object that left a human's value alone, `reverted` those of the exemption;
    `failures` are all others, with the id.
    """

    tick: int = 0
    edits: dict[str, dict[str, _Edit]] = field(default_factory=dict)
    reads: dict[tuple[str, str], int] = field(default_factory=dict)
    kept: int = 0
    reverted: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)

    def note_edit(self, key: str, name: str, value: Any) -> None:
        """A human set a field, by the write that was just executed."""
        self.edits.setdefault(key, {})[name] = _Edit(value, self.tick)

    def note_read(self, who: str, parts: Sequence[str], tick: int) -> None:
        """Somebody was answered, on a path of these parts, what was there at a tick."""
        if len(parts) == 2:
            self.reads[who, parts[1]] = tick

    def read_by(self, who: str, key: str, moniker: str) -> int:
        """The tick of the last answer that somebody had of an object, by its id or its moniker; -1: none."""
        return max(self.reads.get((who, key), -1), self.reads.get((who, moniker), -1))

    def check(self, key: str, shown: Mapping[str, Any] | None, seen: int) -> None:
        """After a write of ours to an object, which is `shown` now (None: gone); it was based on a read at `seen`."""
        if shown is None:
            del self.edits[key]
            return
        for name, edit in self.edits[key].items():
            if shown.get(name) == edit.value:
                self.kept += 1
            elif edit.tick > seen >= 0:
                self.reverted += 1
                edit.value = shown.get(name)
            else:
                self._fail(key, name, edit, shown)

    def check_value(self, key: str, shown: Mapping[str, Any]) -> None:
        """The value that a human set is there, whatever happened."""
        for name, edit in self.edits[key].items():
            if shown.get(name) != edit.value:
                self._fail(key, name, edit, shown)

    def _fail(self, key: str, name: str, edit: _Edit, shown: Mapping[str, Any]) -> None:
        self.failures.append((key, f"{name} is {shown.get(name)!r}, a human had set {edit.value!r}"))
