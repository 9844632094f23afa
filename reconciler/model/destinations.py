"""Where the platform may be told to send what it knows: a host that is no service of anybody is refused, with why."""

import ipaddress
import re
import unicodedata
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from reconciler.model.checks import Check, refusal
from reconciler.model.scalars import trimmed

_METADATA_NAMES = {
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "instance-data",
    "instance-data.ec2.internal",
}
_METADATA_ADDRESSES = {
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")
}
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20}")
_HOLDING_IPV4 = [ipaddress.IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")]
"""The IPv6 networks whose last 32 bits are an IPv4 address: NAT64 of two sorts, translated, and the old compatible."""
_BROADCAST = ipaddress.IPv4Address(0xFFFFFFFF)
_SMALLEST_COMPATIBLE = 1 << 16
_IPV4_BITS = 32
_MOST_PARTS = 4

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def objection(host: str) -> str | None:
    """The reason why nothing may be sent to a host: link-local, or it gives out a machine's credentials; else None."""
    name = _folded(host)
    if name in _METADATA_NAMES:
        return "it answers with the credentials of the machine that asks"
    address = _address(name)
    if address is None:
        return None
    if address in _METADATA_ADDRESSES:
        return "it answers with the credentials of the machine that asks"
    if address.is_link_local:
        return "it is link-local: it means another machine for everybody who sends"
    if address.is_unspecified or address.is_multicast or address == _BROADCAST:
        return "it is no address of one host"
    return None


def url_objection(url: str) -> str | None:
    """
    Why nothing may be sent to the host of a URL; None where there is none, or a good one.

    Clients differ in what ends the host, so each reading of it is judged.
    """
    for text in (url, url.replace("\\", "/")):
        try:
            host = urlsplit(text.strip()).hostname or ""
        except ValueError:
            continue
        if (why := objection(host)) is not None:
            return why
    return None


def port_objection(url: str) -> str | None:
    """Why a URL has a port that does not exist; None where it has none, or a good one. The URL is not quoted."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    try:
        is_good = parts.port is None or parts.port > 0
    except ValueError:
        is_good = False
    return None if is_good else "its port is no number from 1 to 65535"


def is_loopback(host: str) -> bool:
    """True if a host is the sender's own machine."""
    name = _folded(host)
    address = _address(name)
    return name == "localhost" or name.endswith(".localhost") or (address is not None and address.is_loopback)


def _folded(host: str) -> str:
    """A host as resolvers and clients read it: escapes, look-alike letters and dots, brackets and the last dot."""
    text = unicodedata.normalize("NFKC", unquote(host)).replace("\N{IDEOGRAPHIC FULL STOP}", ".")
    seen = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    return seen.strip().strip("[]").rstrip(".").lower()


def _address(name: str) -> Ip | None:
    """The address that a host is, also in the forms that name resolvers take: one number, octal, hexadecimal."""
    try:
        found: Ip = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return _loose(name)
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return found.ipv4_mapped
        if int(found) >= _SMALLEST_COMPATIBLE and any(found in network for network in _HOLDING_IPV4):
            return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if found.sixtofour is not None:
            return found.sixtofour
    return found


def _loose(name: str) -> ipaddress.IPv4Address | None:
    parts = name.split(".")
    if len(parts) > _MOST_PARTS or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        numbers = [_number(part) for part in parts]
    except ValueError:
        return None
    *heads, last = numbers
    room = _IPV4_BITS - 8 * len(heads)
    if any(head >> 8 for head in heads) or last >= 1 << room:
        return None
    value = 0
    for head in heads:
        value = value << 8 | head
    return ipaddress.IPv4Address(value << room | last)


def _number(part: str) -> int:
    if part[:2].lower() == "0x":
        return int(part, 16)
    return int(part, 8) if len(part) > 1 and part.startswith("0") else int(part)


def refuse_destination(host: str) -> None:
    """Raise the refusal of a host to which nothing may be sent."""
    why = objection(host)
    if why is not None:
        raise _refusal(why)


def _refusal(why: str) -> Exception:
    facts = {
        "expected": f"a host that receives what is meant for it; nothing is sent to this one: {why}",
        "fix": "name the host of the service that is meant",
    }
    return refusal("value", "expected {expected}", facts)


def _destination(value: Any) -> str:
    text = trimmed(value)
    if "@" in text:
        # Not shown: the text before the sign is often a password.
        facts = {"expected": "a host without a user or a password", "fix": "write the host alone"}
        raise refusal("value", "expected {expected}", facts)
    refuse_destination(text)
    # With a scheme or a port, where only a host is expected.
    why = url_objection(text if "://" in text else f"//{text}")
    if why is not None:
        raise _refusal(why)
    return text


Destination = Annotated[str, Check(_destination)]
"""A host or address that the platform sends to."""
