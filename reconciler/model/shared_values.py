"""Values that are meant for one SIM and given to several. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reconciler.model.roster import Roster

SINGLE = ("reference", "imeiLock")
"""The settings that are meant for one SIM."""
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class SharedValue:
    """One value of a setting, the SIMs that are given it, and how many these are; `iccids` may be fewer."""

    setting: str
    value: str
    count: int
    iccids: tuple[int, ...] = ()

    @property
    def shown(self) -> str:
        """The end of the value: enough to find it, too little to copy it."""
        return self.value if len(self.value) <= _SHOWN else f"…{self.value[-_SHOWN:]}"


def shared_values(roster: Roster) -> tuple[SharedValue, ...]:
    """The values that a roster gives to several SIMs, in a fixed order."""
    found: dict[tuple[str, str], list[int]] = {}
    for iccid, settings in roster.settings.items():
        for key in _keys(settings):
            found.setdefault(key, []).append(iccid)
    counts = {key: len(iccids) for key, iccids in found.items()}
    for settings in roster.settings_by_reference.values():
        for key in _keys(settings):
            counts[key] = counts.get(key, 0) + 1
    locks = {n: one.attributes["imeiLock"] for n, one in enumerate(roster.sets) if one.attributes.get("imeiLock")}
    for iccid, number in roster.members.items() if locks else ():
        if number in locks and "imeiLock" not in roster.settings.get(iccid, {}):
            key = ("imeiLock", locks[number])
            counts[key] = counts.get(key, 0) + 1
            if len(named := found.setdefault(key, [])) < _SHOWN:
                named.append(iccid)
    return tuple(
        SharedValue(setting, value, count, tuple(sorted(found.get((setting, value), ()))))
        for (setting, value), count in sorted(counts.items())
        if count > 1
    )


def _keys(settings: Any) -> Iterator[tuple[str, str]]:
    return ((name, settings[name]) for name in SINGLE if settings.get(name) is not None)
