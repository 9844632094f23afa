"""Event handlers: where events are delivered, by webhook or SMPP."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Required

from typing_extensions import TypedDict

from reconciler.kinds.edge_service import BasicAuth
from reconciler.model.checks import Check, ShownAs, refusal
from reconciler.model.closed import closed
from reconciler.model.destinations import Destination, port_objection, refuse_destination
from reconciler.model.effects import EVENTS, LABEL, Effects
from reconciler.model.fields import Atomic, Default, Doc, Host, Secret, SecretUrl
from reconciler.model.kind import Kind
from reconciler.model.lookup import Lookup, lookups
from reconciler.model.rules import exactly_one
from reconciler.model.scalars import Port, Positive, Text, length
from reconciler.model.secret import host_of
from reconciler.model.secret_field import FIX, SCHEMA, SecretField, secret_reference
from reconciler.model.wire import SECRET, TEXT_NUMBER, Field, Fold, Wire, moniker_of

_URL = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+(?:/[^\s?#]*)?")


def _url(value: Any) -> Any:
    if not isinstance(value, str):
        return secret_reference(value)
    if "@" in value or "?" in value or "#" in value:
        raise refusal("secret_literal", "a URL with credentials or a query is a secret", {"fix": FIX})
    if not _URL.fullmatch(value):
        # The value is not repeated: the path of a webhook is often its secret (S9).
        fix = "write it in full and without spaces, or use a secret reference"
        raise refusal("value", "expected {expected}", {"expected": "a URL such as https://host/path", "fix": fix})
    host = host_of(value)
    if host is None or not all(host.removesuffix(".").split(".")):
        raise refusal("value", "expected {expected}", {"expected": "a URL with a host", "fix": "name the host"})
    refuse_destination(host)
    if (why := port_objection(value)) is not None:
        facts = {"expected": f"a URL that can be sent to; {why}", "fix": "write the port of the service, or none"}
        raise refusal("value", "expected {expected}", facts)
    return str(value)


@closed
class Webhook(TypedDict, total=False):
    """Delivery by HTTP POST."""

    url: Required[
        Annotated[
            Any,
            Check(_url),
            ShownAs({"anyOf": [{"type": "string", "pattern": "^https?://[^?#@]+$"}, SCHEMA]}),
            SecretUrl(),
            Host(),
            Doc("Where to post to; a secret reference when path or query carry a token (S9)."),
        ]
    ]
    timeoutSeconds: Annotated[Positive, Default(5), Doc("How long an answer may take, in seconds (D-54).")]
    bearerToken: Annotated[SecretField | None, Secret(), Doc("Bearer token, as a secret reference.")]
    basicAuth: Annotated[BasicAuth | None, Atomic(), Doc("User name and password.")]


@closed
class Smpp(TypedDict, total=False):
    """Delivery by SMPP."""

    host: Required[Annotated[Destination, Host(), Doc("Host of the message centre.")]]
    port: Annotated[Port, Doc("Port of the message centre.")]
    systemId: Annotated[Text, Doc("The name that we log in with.")]
    systemType: Annotated[Text, Doc("System type.")]
    password: Annotated[SecretField, Secret(), Doc("The password, as a secret reference.")]


@closed
class EventHandlerSpec(TypedDict, total=False):
    """Where events are delivered: a webhook or an SMPP server."""

    displayName: Annotated[str, length(2, 50), Doc("The portal's Name; default: the moniker (D-3).")]
    webhook: Annotated[Webhook, Doc("Delivery by HTTP POST.")]
    smpp: Annotated[Smpp, Doc("Delivery by SMPP.")]


_TYPES = _WEBHOOK, _SMPP = lookups(EventHandlerSpec, "webhook", "smpp")
_URL_FIELD, _TIMEOUT, _BEARER, _AUTH = lookups(Webhook, "url", "timeoutSeconds", "bearerToken", "basicAuth")
_USERNAME, _PASSWORD = lookups(BasicAuth, "username", "password")
_SMPP_PLAIN = tuple(map(str, lookups(Smpp, "host", "port", "systemId", "systemType")))
_SMPP_PASSWORD = Lookup(Smpp, "password")
_UNSET: tuple[Any, ...] = (None, "")
_PATHS = (
    *(f"{_WEBHOOK}.{field}" for field in (_URL_FIELD, _TIMEOUT, _BEARER, _AUTH)),
    *(f"{_SMPP}.{field}" for field in (*_SMPP_PLAIN, _SMPP_PASSWORD)),
)


_WEBHOOK_MEMBERS = {
    "url": "webhook.url",
    "timeout": "webhook.timeoutSeconds",
    "bearerToken": "webhook.bearerToken",
    "username": "webhook.basicAuth.username",
    "password": "webhook.basicAuth.password",
}
_LEAVES = {
    "eventEndpointType": "",
    **{f"configurationData.webhookConfig.{member}": path for member, path in _WEBHOOK_MEMBERS.items()},
    **{f"configurationData.smppConfig.{name}": f"smpp.{name}" for name in (*_SMPP_PLAIN, str(_SMPP_PASSWORD))},
}
_SECRETS = ("webhookConfig.url", "webhookConfig.bearerToken", "webhookConfig.password", "smppConfig.password")


def _type_of(payload: Mapping[str, Any]) -> Any:
    chosen = moniker_of(payload.get("eventEndpointType"))
    return chosen.lower() if isinstance(chosen, str) else chosen


def _unheld(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """A type of handler that this version does not know."""
    chosen = moniker_of(payload.get("eventEndpointType"))
    if chosen is not None and _type_of(payload) not in map(str, _TYPES):
        known = ", ".join(map(str, _TYPES))
        yield "eventEndpointType", chosen, f"a word that this version does not know; it knows {known}"


def _decode(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    chosen = _type_of(payload)
    settings = payload.get("configurationData") or {}
    if chosen == "smpp":
        block = settings.get("smppConfig") or {}
        smpp = {name: block[name] for name in _SMPP_PLAIN if block.get(name) not in _UNSET}
        if block.get("password"):
            smpp["password"] = SECRET.decode(block["password"])
        return {"smpp": smpp}
    if chosen != str(_WEBHOOK):
        return {}
    block = settings.get("webhookConfig") or {}
    webhook: dict[str, Any] = {"bearerToken": None, "basicAuth": None}
    if block.get("url") is not None:
        webhook["url"] = SECRET.decode(block["url"])
    if block.get("timeout"):
        webhook["timeoutSeconds"] = TEXT_NUMBER.decode(block["timeout"])
    if block.get("bearerToken"):
        webhook["bearerToken"] = SECRET.decode(block["bearerToken"])
    # A user without a password, or a password alone, is no authentication that a manifest can state.
    if block.get("username") and block.get("password"):
        webhook["basicAuth"] = {"username": block["username"], "password": SECRET.decode(block["password"])}
    return {"webhook": webhook}


def _encode(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    if (smpp := _SMPP.of(spec)) is not None:
        block = dict(smpp)
        if _SMPP_PASSWORD.is_in(block):
            block["password"] = SECRET.encode(_SMPP_PASSWORD.of(block))
        return {"eventEndpointType": "smpp", "configurationData": {"smppConfig": block}}
    webhook = _WEBHOOK.of(spec)
    if webhook is None:
        return {}
    auth, bearer = _AUTH.of(webhook), _BEARER.of(webhook)
    block = {
        "url": SECRET.encode(_URL_FIELD.of(webhook)),
        "timeout": TEXT_NUMBER.encode(_TIMEOUT.of(webhook) or _TIMEOUT.shape.default),
        "bearerToken": SECRET.encode(bearer) if bearer is not None else None,
        "username": _USERNAME.of(auth) if auth else None,
        "password": SECRET.encode(_PASSWORD.of(auth)) if auth else None,
    }
    return {"eventEndpointType": "webhook", "configurationData": {"webhookConfig": block}}


KIND = Kind(
    name="EventHandler",
    spec=EventHandlerSpec,
    one_of=tuple(map(str, _TYPES)),
    effects=Effects(
        fields={"displayName": LABEL, "webhook": EVENTS, "smpp": EVENTS},
        replace=EVENTS,
        delete=EVENTS,
    ),
    wire=Wire(
        collection="EventHandlers",
        fields=(Field("displayName", "name", "name"),),
        folds=(
            Fold(
                paths=_PATHS,
                members=("configurationData", "eventEndpointType"),
                decode=_decode,
                encode=_encode,
                leaves=_LEAVES,
                secrets=tuple(f"configurationData.{path}" for path in _SECRETS),
                unheld=_unheld,
            ),
        ),
        computed=("summaryDescription",),
    ),
    rules=(exactly_one("D-58", *_TYPES),),
)
