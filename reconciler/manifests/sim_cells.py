"""
One cell of a file of SIMs: read into a setting, and written from one.

Several tags are separated by semicolons. A tag that holds a semicolon, or begins with a quotation mark, is in quotation
marks inside of its cell, with each of its own doubled: ``north;"a;b"`` is two tags.
"""

import csv
import io
import ipaddress
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from reconciler.model.scalars import is_visible

CLEARED: Mapping[str, Any] = MappingProxyType(
    {"displayName": None, "reference": None, "tags": [], "staticIPv4": None, "imeiLock": None}
)
"""The settings that an empty cell can clear, with the value that means none."""
_LONGEST = {"displayName": 150, "tags": 100}
_STATES = ("active", "suspended")
_IMEI = re.compile(r"[0-9]{15}")


def setting_of(name: str, value: str) -> Any:
    """The setting that a cell says; `ValueError` with what is wrong with it."""
    if name == "tags":
        return _tags(value)
    _readable(name, value)
    match name:
        case "state" if value not in _STATES:
            message = f"{value[:40]!r} is none of {', '.join(_STATES)}; terminated is said by an Endpoint of its own"
            raise ValueError(message)
        case "imeiLock" if not _IMEI.fullmatch(value):
            message = f"{value[:40]!r} is no IMEI of 15 digits"
            raise ValueError(message)
        case "staticIPv4":
            try:
                return str(ipaddress.IPv4Address(value))
            except ValueError:
                message = f"{value[:40]!r} is no IPv4 address"
                raise ValueError(message) from None
    return value


def _tags(value: str) -> list[str]:
    _printable(value)
    if '"' not in value:
        tags = value.split(";")
    else:
        try:
            tags = next(csv.reader([value], delimiter=";", skipinitialspace=True, strict=True), [])
        except csv.Error:
            message = "a quotation mark in it is not closed"
            raise ValueError(message) from None
    found = sorted({tag.strip() for tag in tags if tag.strip()})
    for tag in found:
        _short("tags", tag)
    return found


def _readable(name: str, value: str) -> None:
    _printable(value)
    _short(name, value)


def _printable(value: str) -> None:
    if not value.isprintable() and not all(is_visible(sign) and sign != "\n" for sign in value):
        message = "it holds control characters, marks of direction or a line break"
        raise ValueError(message)
    if "\N{REPLACEMENT CHARACTER}" in value:
        message = "it holds characters that are not UTF-8; save the file in UTF-8"
        raise ValueError(message)


def _short(name: str, value: str) -> None:
    longest = _LONGEST.get(name, len(value))
    if len(value) > longest:
        message = f"it has more than {longest} characters"
        raise ValueError(message)


def cell_of(name: str, value: Any) -> tuple[str, str | None]:
    """The text of a cell that is read as this setting; empty, with the reason, where no cell is."""
    text = _tags_text(value) if name == "tags" else str(value)
    try:
        read = setting_of(name, text.strip())
    except ValueError as error:
        return "", f"no cell can hold it: {error}"
    return (text, None) if read == value else ("", "no cell can hold it: blanks at its ends are not kept")


def _tags_text(tags: list[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=";", lineterminator="").writerow(tags)
    return stream.getvalue()
