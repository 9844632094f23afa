"""Edge services."""

from typing import Any

from reconciler.simulator.body import Body
from reconciler.simulator.refusals import Breach
from reconciler.simulator.store import Row
from reconciler.simulator.world import EDGE_SERVICES, VSLICES, Collection, Fields, View, choose, enum, fixed, pattern

_UNSET: dict[str, Any] = {
    "port": None,
    "protocol": None,
    "aclMode": "",
    "aclIpAddresses": None,
    "basicAuthenticationEnabled": False,
    "username": None,
    "password": None,
    "trustInsecureCertificate": False,
}


def _accept(body: Body, before: Fields | None, world: View) -> Fields:
    kind = choose(body, "edgeServiceType", before["type"] if before else None)
    if kind is None:
        raise Breach("edgeServiceType is required.")
    fixed(before, "edgeServiceType", before["type"] if before else kind, kind)
    text = body.text("vslice")
    wanted = world.require(VSLICES, text).id if text else None
    if before and wanted is not None and before["vslice"] != wanted:
        raise Breach("vslice cannot be changed once the object exists.")
    settings = body.part("instanceConfiguration")
    return {
        "type": kind,
        "vslice": before["vslice"] if before else wanted,
        "config": _config(settings, before["config"] if before else _UNSET),
    }


def _config(part: Body | None, before: dict[str, Any]) -> dict[str, Any]:
    if part is None:
        return before
    config = dict(before)
    for name in ("protocol", "aclIpAddresses", "username", "password"):
        if part.has(name):
            config[name] = part.text(name)
    for name in ("basicAuthenticationEnabled", "trustInsecureCertificate"):
        if part.has(name):
            config[name] = bool(part.flag(name))
    if part.has("aclMode"):
        config["aclMode"] = (part.text("aclMode") or "").lower()
    if part.has("port"):
        config["port"] = part.integer("port")
    _check(config)
    return config


def _check(config: dict[str, Any]) -> None:
    if config["port"] is not None and not 1 <= config["port"] <= 65535:
        raise Breach(f"{config['port']} is not a port between 1 and 65535 (port).")
    if config["protocol"] not in {None, "http", "https"}:
        raise Breach(f"'{config['protocol']}' is not a valid protocol; expected http or https.")
    if config["aclMode"] not in {"", "allow", "deny"}:
        raise Breach(f"'{config['aclMode']}' is not a valid aclMode; expected allow or deny.")
    for text in (config["aclIpAddresses"] or "").split(","):
        pattern(text.strip() or None, "aclIpAddresses")
    if config["basicAuthenticationEnabled"] and not (config["username"] and config["password"]):
        raise Breach("Basic authentication needs username and password.")


def _show(row: Row, world: View) -> dict[str, Any]:
    state = row.state
    return {
        "edgeServiceType": enum("edgeServiceType", state["type"]),
        "vslice": world.ref(state["vslice"]),
        "instanceConfiguration": state["config"],
    }


COLLECTION = Collection(
    name=EDGE_SERVICES,
    title="edge service",
    accept=_accept,
    show=_show,
    references=lambda state: [("vslice", state["vslice"])] if state["vslice"] else [],
)
