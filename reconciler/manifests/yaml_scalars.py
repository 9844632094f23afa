"""Values as YAML text that the strict loader reads back as the same: in the style of the text that they replace."""

import re
from collections.abc import Mapping
from typing import Any

_PLAIN = re.compile(r"[\w/(](?:[\w/.()+*@%=;~^$&!|<>' -]|:(?=[\w/])|(?<=\w)#)*+(?<! )", re.ASCII)
_PLAIN_LETTERS = re.compile(r"[^\W\d_](?:[\w .()/+-])*+(?<! )")
_NOT_TEXT = re.compile(
    r"[-+]?[\d_]*\.?[\d_]*(?:e[-+]?\d+)?|0[xo][\da-f_]+|[\d_]+(?::[\d_]+)+(?:\.\d*)?|\d{4}-\d\d?-\d\d?.*|"
    r"[-+]?\.(?:inf|nan)|true|false|yes|no|on|off|y|n|null|~|<<",
    re.IGNORECASE,
)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def scalar_text(value: Any, *, style: str = "", former: str = "") -> str:
    """
    The text of a scalar; in the `style` of the scalar that said `former` where that can say it.

    Text that looks like a number is quoted, unless the former value was plain and looked like one too.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    is_one_line = value.isprintable() and "\n" not in value
    if style == "'" and is_one_line:
        return "'" + value.replace("'", "''") + "'"
    if style == "" and _is_plain(value, former):
        return value
    return '"' + "".join(_ESCAPES.get(sign, sign) for sign in value) + '"'


def _is_plain(value: str, former: str) -> bool:
    if not (_PLAIN.fullmatch(value) or _PLAIN_LETTERS.fullmatch(value)):
        return False
    return not _NOT_TEXT.fullmatch(value) or bool(former and _NOT_TEXT.fullmatch(former))


def flow_text(value: Any) -> str:
    """A value on one line: lists and mappings in brackets and braces."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {flow_text(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow_text, value)) + "]"
    return scalar_text(value)
