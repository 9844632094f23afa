"""
The scalar types of manifests: source text in, typed value out.

The loader types nothing (S1): every scalar arrives as its source text, and the schema decides. So a country ``NO`` is
a country, a port range ``20:22`` is refused as one, and a quoted number where a number is wanted is an error with the
fix. Each refusal is one sentence that says what is expected, what was found and what to do.
"""

import ipaddress
import re
from functools import lru_cache
from typing import Annotated, Any
from unicodedata import category

from reconciler.model.checks import Check, ShownAs, refusal
from reconciler.model.countries import ALPHA_3
from reconciler.model.fields import Listed

SHORTEST_MONIKER, LONGEST_MONIKER = 5, 30
MONIKER = r"[a-z0-9][a-z0-9_-]{4,29}"
_MONIKER = re.compile(MONIKER)
NAME = r"[A-Za-z0-9_][A-Za-z0-9_.~+@-]{0,99}"
_IS_NAME = re.compile(NAME)
_REFERENCE = re.compile(rf"(?:existing:)?{NAME}")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_NETWORK = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2})?")
_MANY_DIGITS = re.compile(r"[-+]?[1-9][0-9]{18,}")
_DIGITS = re.compile(r"0[0-9]+")
_ANY_DIGITS = re.compile(r"[0-9]{1,18}")
_MAXIMUM_PORT = 65535
_SHOWN = 40
_SEEN = frozenset("\n\t\u200c\u200d")


def refuse(expected: str, found: object, fix: str) -> ValueError:
    """The error of one value: what is expected, what was found (shortened), what to do."""
    shown = "null" if found is None else _shown(found)
    return refusal("value", "expected {expected}, found {found}", {"expected": expected, "found": shown, "fix": fix})


def _out_of_bounds(expected: str, found: object, fix: str) -> ValueError:
    """The error of a value of the right sort that is too small, too large, too short or too long."""
    facts = {"expected": expected, "found": _shown(found), "fix": fix}
    return refusal("bounds", "expected {expected}, found {found}", facts)


def _shown(found: object) -> str:
    if isinstance(found, dict):
        return "a mapping"
    if isinstance(found, list):
        return "a list"
    text = str(found)
    return f'"{text[:_SHOWN]}…"' if len(text) > _SHOWN else f'"{text}"'


def _is_quoted(value: object) -> bool:
    # Quoted scalars arrive as a subclass of str (manifests.yaml_reader.Quoted), plain ones as str itself.
    return isinstance(value, str) and type(value) is not str


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise refuse("text", value, "write one scalar value")
    if not value.strip():
        raise refuse("text that is not empty", value, "write a value, or leave the field out")
    return _visible(value)


def trimmed(value: Any) -> str:
    """A text without the blanks around it."""
    # Blanks around a text mean nothing to anybody and do not survive every way through the platform.
    return _text(value).strip()


def _code(value: Any) -> str:
    return trimmed(value).lower()


def is_visible(sign: str) -> bool:
    """
    Whether a reviewer can see a character, or what it does: blanks, line breaks, and the joiners of emoji and scripts.

    Control characters and marks of direction are not: they make a text look like another one.
    """
    return sign.isprintable() or sign in _SEEN or category(sign) == "Zs"


def _visible(value: str) -> str:
    if not value.isprintable() and not all(map(is_visible, value)):
        raise refuse(
            "text without control characters and marks of direction",
            repr(str(value))[1:-1],
            "remove the characters that nobody sees",
        )
    return str(value)


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if _is_quoted(value) and _INTEGER.fullmatch(value):
        raise refuse("a whole number", value, f"remove the quotes: {str(value)[:20]}")
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        raise refuse("a whole number", value, "remove the leading zeros")
    if isinstance(value, str) and _MANY_DIGITS.fullmatch(value):
        raise refuse("a whole number of at most 18 digits", value, "choose a smaller number")
    if not isinstance(value, str) or not _INTEGER.fullmatch(value):
        raise refuse("a whole number", value, "write decimal digits without quotes, separators, fraction or exponent")
    return int(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if type(value) is str and value in {"true", "false"}:
        return value == "true"
    raise refuse("true or false", value, "write true or false without quotes (yes, no, on and off are plain text)")


def whole(minimum: int, maximum: int) -> Check:
    """A whole number between two bounds, both included."""

    def check(value: Any) -> int:
        number = _integer(value)
        if not minimum <= number <= maximum:
            raise _out_of_bounds(f"a whole number from {minimum} to {maximum}", value, "choose a number in this range")
        return number

    return Check(check, read_as=int, live=_live_number)


def length(minimum: int, maximum: int) -> Check:
    """Text between two lengths in characters, both included, without control characters."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise refuse("text", value, "write one scalar value")
        text = _visible(value).strip()
        if minimum and not text:
            raise refuse("text that is not blank", value, "write a name")
        if not minimum <= len(text) <= maximum:
            fix = f"it has {len(text)}; {'extend' if len(text) < minimum else 'shorten'} it"
            raise _out_of_bounds(f"{minimum} to {maximum} characters", value, fix)
        return text

    return Check(check)


def _pattern(compiled: re.Pattern[str], expected: str, fix: str) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise refuse(expected, value, fix)
        return str(value)

    return Check(check)


def _cidr(value: Any) -> str:
    return _network(_text(value))


# Estates name few networks many times, and parsing one is dear.
@lru_cache(maxsize=4096)
def _network(text: str) -> str:
    try:
        network = ipaddress.IPv4Network(text if _NETWORK.fullmatch(text) else "")
    except ValueError:
        raise _cidr_refusal(text) from None
    if "/" not in text:
        raise refuse("an IPv4 network with prefix length", text, f"write {text}/32 for this one address")
    return str(network)


def _cidr_refusal(text: str) -> ValueError:
    try:
        network = ipaddress.IPv4Network(text if _NETWORK.fullmatch(text) else "", strict=False)
    except ValueError:
        if ":" in text:
            return refuse("an IPv4 network", text, "IPv6 is not supported by the platform (D-11)")
        return refuse("an IPv4 network such as 100.64.0.0/10", text, "write address/prefix, prefix 0 to 32")
    return refuse("an IPv4 network without host bits", text, f"write {network}")


def _ipv4(value: Any) -> str:
    text = _text(value)
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise refuse("an IPv4 address such as 192.0.2.10", value, "write four numbers from 0 to 255") from None


def _address_pattern(value: Any) -> str:
    return _cidr(value) if "/" in _text(value) else _ipv4(value)


def _ports(value: Any) -> str:
    match = _PORTS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise refuse("one port or a range such as 8000-8080", value, "write digits, or two numbers joined by a hyphen")
    low, high = int(match[1]), int(match[2] or match[1])
    if not 1 <= low <= high <= _MAXIMUM_PORT:
        raise _out_of_bounds("ports from 1 to 65535 in rising order", value, "check the numbers and their order")
    return str(low) if match[2] is None else f"{low}-{high}"


def _country(value: Any) -> str:
    if isinstance(value, str) and value in ALPHA_3:
        return str(value)
    guess = value.upper() if isinstance(value, str) and value.upper() in ALPHA_3 else None
    fix = f"write {guess}" if guess else "write for example GBR, DEU or NOR"
    raise refuse("an ISO 3166 alpha-3 country code in capitals", value, fix)


def _live_number(value: Any) -> Any:
    """A number that came as text, zeros in front of it and blanks around it included."""
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if _ANY_DIGITS.fullmatch(text) else value


def _live_boolean(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _live_network(value: Any) -> Any:
    """A network without its host bits: the platform matches the network that they lie in."""
    text = _stripped(value)
    if not isinstance(text, str) or "/" not in text or not _NETWORK.fullmatch(text):
        return text
    try:
        return str(ipaddress.IPv4Network(text, strict=False))
    except ValueError:
        return text


def _live_ports(value: Any) -> Any:
    """Ports that came as a number, or with blanks between them."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return "".join(text.split()) if isinstance(text, str) else text


def _live_country(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


Text = Annotated[str, Check(trimmed)]
Code = Annotated[str, Check(_code)]
"""A word of the platform's own lists, such as a gateway; in any case, as it is compared."""
SubscriptionType = Annotated[Code, Listed("subscription-types")]
"""A billing subscription, as the platform lists it."""
Label = Annotated[str, length(1, 255)]
Integer = Annotated[int, Check(_integer, read_as=int, live=_live_number)]
Boolean = Annotated[bool, Check(_boolean, read_as=bool, live=_live_boolean)]
Moniker = Annotated[
    str,
    _pattern(_MONIKER, "a moniker: 5 to 30 characters of a-z 0-9 - _, starting with a letter or digit", "rename it"),
    ShownAs({"type": "string", "pattern": f"^{MONIKER}$"}),
]
Reference = Annotated[
    str,
    _pattern(_REFERENCE, "the moniker of another object, or existing:<moniker>", "name it as its metadata.name says"),
    ShownAs({"type": "string", "pattern": f"^(existing:)?{NAME}$"}),
]
Cidr = Annotated[str, Check(_cidr, live=_live_network), ShownAs({"type": "string", "pattern": r"^[0-9.]+/[0-9]{1,2}$"})]
Ipv4 = Annotated[str, Check(_ipv4, live=_stripped), ShownAs({"type": "string", "format": "ipv4"})]
AddressPattern = Annotated[
    str, Check(_address_pattern, live=_live_network), ShownAs({"type": "string", "pattern": r"^[0-9.]+(/[0-9]{1,2})?$"})
]
Country = Annotated[
    str,
    Check(_country, live=_live_country),
    ShownAs({"type": "string", "pattern": "^[A-Z]{3}$"}),
]
Port = Annotated[int, whole(1, _MAXIMUM_PORT), ShownAs({"type": "integer", "minimum": 1, "maximum": 65535})]
Ports = Annotated[
    str,
    Check(_ports, live=_live_ports),
    ShownAs({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]{1,5}(-[0-9]{1,5})?$"}]}),
]
Percent = Annotated[int, whole(0, 100), ShownAs({"type": "integer", "minimum": 0, "maximum": 100})]
Positive = Annotated[int, whole(1, 2_147_483_647), ShownAs({"type": "integer", "minimum": 1})]


def is_name(text: str) -> bool:
    """Whether the text is a moniker that the platform may hold: letters, digits and ``_.~+@-``, 100 at most."""
    return _IS_NAME.fullmatch(text) is not None


def is_moniker(text: str) -> bool:
    """Whether a new object can have it: 5 to 30 characters of a-z 0-9 - _, a letter or digit first (D-2, D-4)."""
    return _MONIKER.fullmatch(text) is not None
