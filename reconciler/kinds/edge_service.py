"""Edge services: instances of what the platform offers at its edge, such as remote access."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Required

from typing_extensions import TypedDict

from reconciler.model.closed import closed
from reconciler.model.effects import LABEL, SERVICE, Effects
from reconciler.model.fields import Atomic, Doc, Immutable, Ref, Secret
from reconciler.model.kind import Kind
from reconciler.model.lookup import lookups
from reconciler.model.scalars import AddressPattern, Boolean, Port, Reference, Text, length
from reconciler.model.secret_field import SecretField
from reconciler.model.wire import COMMA_LIST, SECRET, Field, Fold, Wire, enumeration, flag_of, moniker_of, reference


@closed
class Acl(TypedDict, total=False):
    """The addresses that may use the service."""

    mode: Required[Annotated[Literal["allow", "deny"], Doc("Whether the addresses are let in or kept out.")]]
    addresses: Required[Annotated[list[AddressPattern], Doc("Addresses and networks.")]]


@closed
class BasicAuth(TypedDict, total=False):
    """User name and password."""

    username: Required[Annotated[Text, Doc("The user name.")]]
    password: Required[Annotated[SecretField, Secret(), Doc("The password, as a secret reference.")]]


@closed
class EdgeServiceSpec(TypedDict, total=False):
    """An instance of an edge service, e.g. a web page of a device published through the platform."""

    displayName: Annotated[str, length(2, 100), Doc("The portal's Name; default: the moniker.")]
    type: Required[Annotated[Literal["remoteaccessproxy"], Immutable(), Doc("The kind of service.")]]
    vslice: Annotated[Reference, Ref("VSlice"), Immutable(), Doc("The VSlice that it serves; absent: any.")]
    port: Annotated[Port, Doc("Port on the device.")]
    protocol: Annotated[Literal["http", "https"], Doc("The protocol of the device.")]
    acl: Annotated[Acl | None, Atomic(), Doc("Access control by address.")]
    basicAuth: Annotated[BasicAuth | None, Atomic(), Doc("Access control by password.")]
    trustInsecureCertificate: Annotated[Boolean, Doc("Accept any certificate of the device.")]


VSLICE, _ACL, _AUTH = lookups(EdgeServiceSpec, "vslice", "acl", "basicAuth")
_PLAIN = lookups(EdgeServiceSpec, "port", "protocol", "trustInsecureCertificate")
_MODE, _ADDRESSES = lookups(Acl, "mode", "addresses")
_USERNAME, _PASSWORD = lookups(BasicAuth, "username", "password")


_LEAVES = {
    **{str(field): str(field) for field in _PLAIN},
    "aclMode": "acl.mode",
    "aclIpAddresses": "acl.addresses",
    "basicAuthenticationEnabled": "",
    "username": "basicAuth.username",
    "password": "basicAuth.password",
}


def _unheld(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Whether basic authentication is on, in a form that is neither true nor false."""
    enabled = (payload.get("instanceConfiguration") or {}).get("basicAuthenticationEnabled")
    if not isinstance(flag_of(enabled, default=False), bool):
        yield "instanceConfiguration.basicAuthenticationEnabled", enabled, "a form that this version does not know"


def _decode(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = payload.get("instanceConfiguration") or {}
    read = {name: settings.get(name) for name in map(str, _PLAIN)}
    spec = {name: None if value == "" else value for name, value in read.items()}
    mode = moniker_of(settings.get("aclMode"))
    addresses = COMMA_LIST.decode(settings.get("aclIpAddresses") or "")
    spec["acl"] = {"mode": mode, "addresses": addresses} if mode else None
    if flag_of(settings.get("basicAuthenticationEnabled"), default=False) is True:
        password = settings.get("password")
        spec["basicAuth"] = {
            "username": settings.get("username"),
            "password": None if password is None else SECRET.decode(password),
        }
    else:
        spec["basicAuth"] = None
    return spec


def _encode(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = {str(field): field.of(spec) for field in _PLAIN if field.of(spec) is not None}
    acl, auth = _ACL.of(spec), _AUTH.of(spec)
    settings["aclMode"] = _MODE.of(acl) if acl else ""
    settings["aclIpAddresses"] = COMMA_LIST.encode(_ADDRESSES.of(acl)) if acl else None
    settings["basicAuthenticationEnabled"] = bool(auth)
    settings["username"] = _USERNAME.of(auth) if auth else None
    settings["password"] = SECRET.encode(_PASSWORD.of(auth)) if auth else None
    return {"instanceConfiguration": settings}


KIND = Kind(
    name="EdgeService",
    spec=EdgeServiceSpec,
    scope="vslice",
    effects=Effects(
        fields={
            "displayName": LABEL,
            "type": SERVICE,
            "vslice": SERVICE,
            "port": SERVICE,
            "protocol": SERVICE,
            "acl": SERVICE,
            "basicAuth": SERVICE,
            "trustInsecureCertificate": SERVICE,
        },
    ),
    wire=Wire(
        collection="edgeservices",
        fields=(
            Field("displayName", "name", "name"),
            Field("type", "edgeServiceType", "edgeServiceType", enumeration()),
            Field("vslice", "vslice", "vslice", reference("VSlice")),
        ),
        folds=(
            Fold(
                paths=tuple(map(str, (*_PLAIN, _ACL, _AUTH))),
                members=("instanceConfiguration",),
                decode=_decode,
                encode=_encode,
                leaves={f"instanceConfiguration.{member}": path for member, path in _LEAVES.items()},
                secrets=("instanceConfiguration.password",),
                unheld=_unheld,
            ),
        ),
    ),
)
