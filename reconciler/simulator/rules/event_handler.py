"""Event handlers: webhooks and SMPP servers. Secrets are answered in clear, as the platform does."""

from typing import Any
from urllib.parse import urlsplit

from reconciler.simulator.body import Body
from reconciler.simulator.refusals import Breach
from reconciler.simulator.store import Row
from reconciler.simulator.world import HANDLERS, VSLICES, Collection, Fields, View, choose, enum, fixed, reference

_DEFAULT_TIMEOUT = "5"
_LONGEST_TIMEOUT = 120


def _accept(body: Body, before: Fields | None, world: View) -> Fields:
    kind = choose(body, "eventEndpointType", before["type"] if before else None)
    if kind is None:
        raise Breach("eventEndpointType is required.")
    fixed(before, "eventEndpointType", before["type"] if before else kind, kind)
    settings = body.part("configurationData")
    if settings is None:
        if before is None or body.has("configurationData"):
            raise Breach("configurationData is required.")
        config, summary = before["config"], before["summary"]
    else:
        config, summary = _webhook(settings) if kind == "webhook" else _smpp(settings)
    return {
        "type": kind,
        "config": config,
        "summary": summary,
        "vslice": reference(body, "vslice", VSLICES, before, world),
    }


def _webhook(settings: Body) -> tuple[dict[str, Any], str]:
    part = settings.part("webhookConfig")
    url = part.text("url") if part else None
    if part is None or url is None:
        raise Breach("A handler of type webhook needs webhookConfig with a url.")
    address = urlsplit(url)
    if address.scheme not in {"http", "https"} or not address.netloc:
        raise Breach("The url of a webhook must be a full address that starts with https:// or http://.")
    timeout = part.key("timeout") or _DEFAULT_TIMEOUT
    if not timeout.isdecimal() or not 1 <= int(timeout[:9]) <= _LONGEST_TIMEOUT:
        raise Breach(f"'{timeout}' is not a timeout between 1 and {_LONGEST_TIMEOUT} seconds.")
    config = {name: part.text(name) for name in ("bearerToken", "username", "password")}
    return {**config, "timeout": timeout, "url": url}, url


def _smpp(settings: Body) -> tuple[dict[str, Any], str]:
    part = settings.part("smppConfig")
    host = part.text("host") if part else None
    if part is None or host is None:
        raise Breach("A handler of type smpp needs smppConfig with a host.")
    port = part.integer("port")
    if port is not None and not 1 <= port <= 65535:
        raise Breach(f"{port} is not a port between 1 and 65535 (smppConfig.port).")
    config = {name: part.text(name) for name in ("host", "systemId", "systemType", "password")}
    return {**config, "port": port}, host


def _show(row: Row, world: View) -> dict[str, Any]:
    state = row.state
    blocks = {"webhookConfig": None, "smppConfig": None}
    blocks["webhookConfig" if state["type"] == "webhook" else "smppConfig"] = state["config"]
    return {
        "configurationData": blocks,
        "summaryDescription": state["summary"],
        "eventEndpointType": enum("eventEndpointType", state["type"]),
        "vslice": world.ref(state["vslice"]),
    }


COLLECTION = Collection(
    name=HANDLERS,
    title="event handler",
    accept=_accept,
    show=_show,
    references=lambda state: [("vslice", state["vslice"])] if state["vslice"] else [],
    longest_name=50,
)
