"""The settings of a SIM that a PUT may change: name, tags, reference, IMEI lock, static address (D-46, D-47)."""

import re
from typing import Any

from reconciler.simulator.addresses import Addresses
from reconciler.simulator.body import Body
from reconciler.simulator.refusals import Breach
from reconciler.simulator.sims import Sim, Sims
from reconciler.simulator.store import Tables

_MOST_TAGS = 100
_LONGEST_TEXT = 100


def edit(sim: Sim, body: Body, sims: Sims) -> dict[str, Any]:
    """Change what the body names, null clears, and save. Answers the IMEI lock when it has changed, else nothing."""
    changed: dict[str, Any] = {}
    if body.has("name"):
        sim.extra["name"] = _limited(body, "name")
    if body.has("tags"):
        sim.extra["tags"] = _tags(body)
    if body.has("reference"):
        sim.reference = _reference(sim, body, sims)
    if body.has("imeiLock"):
        lock = body.text("imeiLock")
        if lock is not None and not re.fullmatch("[0-9]{15}", lock):
            raise Breach("imeiLock must have 15 digits.")
        if lock != sim.extra.get("imeiLock"):
            sim.extra["imeiLock"] = changed["imeiLock"] = lock
    if body.has("staticIpAddress"):
        _fix(sim, body.text("staticIpAddress"), sims.store)
    sim.extra = {name: value for name, value in sim.extra.items() if value not in (None, [])}
    sims.save([sim])
    return changed


def _limited(body: Body, member: str) -> str | None:
    text = body.text(member)
    if text is not None and len(text) > _LONGEST_TEXT:
        raise Breach(f"The {member} has more than {_LONGEST_TEXT} characters.")
    return text


def _tags(body: Body) -> list[str]:
    tags = body.texts("tags") or []
    if len(tags) > _MOST_TAGS or any(len(tag) > _LONGEST_TEXT for tag in tags):
        raise Breach(f"At most {_MOST_TAGS} tags of {_LONGEST_TEXT} characters are possible.")
    return list(dict.fromkeys(tags))


def _reference(sim: Sim, body: Body, sims: Sims) -> str | None:
    text = _limited(body, "reference")
    other = sims.find(text) if text else None
    if other is not None and other.n != sim.n:
        raise Breach(f"The reference '{text}' is already used by another endpoint.")
    return text


def _fix(sim: Sim, text: str | None, store: Tables) -> None:
    addresses = Addresses(store)
    if text is None:
        if sim.group is not None:
            addresses.unfix(sim, sim.group)
        return
    if sim.group is None:
        raise Breach("An endpoint needs a group before it can have a static address.")
    addresses.fix(sim, store.by_id(sim.group), text)


def is_iccid(text: str) -> bool:
    """Whether it has 18 to 20 digits with a valid check digit (D-45)."""
    if not re.fullmatch("[0-9]{18,20}", text):
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(text)))
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0
