"""A search for secrets that decodes what it reads; it shares nothing with the program's own list of forms."""

import base64
import binascii
import html
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from urllib.parse import quote, quote_plus, unquote_to_bytes


def _between(encode: Callable[[bytes], bytes], before: int, after: int, value: str, *, bare: bool) -> str:
    """The value in base64, with something else encoded before and after it."""
    found = encode(b"u:xyz"[:before] + value.encode() + b"@host"[:after]).decode()
    return found.rstrip("=") if bare else found


def _by_number(value: str, signs: str | None, form: str) -> str:
    found = ""
    for sign in value:
        if signs is not None and sign.isascii() and sign not in signs:
            found += "\\\\" if sign == "\\" else sign
            continue
        units = sign.encode("utf-16-be")
        found += "".join(form.format(int.from_bytes(units[at : at + 2])) for at in range(0, len(units), 2))
    return found


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "quoted for a path": quote,
    "quoted for a query": quote_plus,
    "quoted whole": lambda value: quote(value, safe=""),
    "quoted in small letters": lambda value: re.sub("%..", lambda found: found[0].lower(), quote(value, safe="")),
    "quoted sign by sign": lambda value: "".join(f"%{byte:02X}" for byte in value.encode()),
    "in JSON": lambda value: json.dumps(value)[1:-1],
    "in JSON with letters as they are": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "in JSON with escaped slashes": lambda value: json.dumps(value)[1:-1].replace("/", "\\/"),
    "in JSON of .NET": lambda value: _by_number(value, "\"'&+<>`", "\\u{:04X}"),
    "in JSON for a script": lambda value: _by_number(value, "\"'&<>/=", "\\u{:04x}"),
    "in JSON sign by sign": lambda value: _by_number(value, None, "\\u{:04x}"),
    "in JSON sign by sign in capitals": lambda value: _by_number(value, None, "\\u{:04X}"),
    "quoted twice": lambda value: quote(quote(value, safe=""), safe=""),
    "in HTML": html.escape,
    "in HTML outside of attributes": lambda value: html.escape(value, quote=False),
    "in XML": lambda value: html.escape(value).replace("&#x27;", "&apos;"),
    "in HTML by decimal numbers": lambda value: "".join(
        f"&#{ord(sign)};" if sign in "\"'&<>" or not sign.isascii() else sign for sign in value
    ),
    "in HTML sign by sign": lambda value: "".join(f"&#x{ord(sign):x};" for sign in value),
    "as bytes": lambda value: repr(value.encode())[2:-1],
    "in hexadecimal digits": lambda value: value.encode().hex(),
    "in capital hexadecimal digits": lambda value: value.encode().hex().upper(),
    "in separated hexadecimal digits": lambda value: value.encode().hex(":"),
}
for name, alphabet in (("standard", base64.b64encode), ("for addresses", base64.urlsafe_b64encode)):
    for before, after, bare in product(range(4), range(4), (False, True)):
        title = f"in base64 {name} after {before} bytes and before {after}{', unpadded' if bare else ''}"
        ENCODINGS[title] = partial(_between, alphabet, before, after, bare=bare)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{4,}")
_HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2}[:\- ]?){3,}")


def found_in(text: str, value: str) -> bool:
    """Whether anybody who has the text can read the value in it, by any of the usual encodings."""
    wanted = value.encode()
    return any(wanted in reading for reading in _readings(text))


def _readings(text: str) -> Iterator[bytes]:
    content = text.encode("utf-8", "surrogateescape")
    yield content
    yield unquote_to_bytes(text)
    yield unquote_to_bytes(text.replace("+", " "))
    yield unquote_to_bytes(unquote_to_bytes(text))
    yield html.unescape(text).encode("utf-8", "surrogateescape")
    yield re.sub(r"\\(.)", r"\1", text).encode("utf-8", "surrogateescape")
    yield re.sub(rb"\\x(..)", lambda found: bytes([int(found[1], 16)]), content).replace(b"\\'", b"'")
    yield (
        re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
        .encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
        .replace('\\"', '"')
        .replace("\\\\", "\\")
        .encode()
    )
    for run in _BASE64.findall(text):
        for start in range(4):
            letters = run[start:].replace("-", "+").replace("_", "/")
            letters = letters[: len(letters) - (len(letters) % 4 == 1)]
            with_padding = letters + "=" * (-len(letters) % 4)
            try:
                yield base64.b64decode(with_padding)
            except binascii.Error:
                continue
    for run in _HEXADECIMAL.findall(text):
        digits = re.sub("[^0-9A-Fa-f]", "", run)
        for start in range(2):
            part = digits[start:]
            yield bytes.fromhex(part[: len(part) - len(part) % 2])
