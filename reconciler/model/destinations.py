"""Where the platform may be told to send what it knows: a host that is no service of anybody is refused, with why."""

import ipaddress
import re
from typing import Annotated, Any

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
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_IPV4_BITS = 32
_MOST_PARTS = 4

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def objection(host: str) -> str | None:
    """Why nothing may be sent to a host: link-local, or one that gives out a machine's credentials. None for others."""
    name = host.strip().strip("[]").rstrip(".").lower()
    if name in _METADATA_NAMES:
        return "it answers with the credentials of the machine that asks"
    address = _address(name)
    if address is None:
        return None
    if address in _METADATA_ADDRESSES:
        return "it answers with the credentials of the machine that asks"
    if address.is_link_local:
        return "it is link-local: it means another machine for everybody who sends"
    if address.is_unspecified or address.is_multicast:
        return "it is no address of one host"
    return None


def is_loopback(host: str) -> bool:
    """Whether a host is the machine of whoever sends to it."""
    name = host.strip().strip("[]").rstrip(".").lower()
    address = _address(name)
    return name == "localhost" or name.endswith(".localhost") or (address is not None and address.is_loopback)


def _address(name: str) -> Ip | None:
    """The address that a host is, also in the forms that name resolvers take: one number, octal, hexadecimal."""
    try:
        found: Ip = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return _loose(name)
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return found.ipv4_mapped
        if found in _NAT64:
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
        facts = {
            "expected": f"a host that receives what is meant for it; nothing is sent to this one: {why}",
            "fix": "name the host of the service that is meant",
        }
        raise refusal("value", "expected {expected}", facts)


def _destination(value: Any) -> str:
    text = trimmed(value)
    refuse_destination(text)
    return text


Destination = Annotated[str, Check(_destination)]
"""A host or address that the platform sends to."""
