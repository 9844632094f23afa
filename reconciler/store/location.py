"""Where a store is: a SQLite file below the estate, or a PostgreSQL database."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from reconciler.errors import StoreError
from reconciler.redaction import KNOWN

SQLITE = "sqlite:"
POSTGRES = "postgresql://"
_SIGNS = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME = 60
_HOSTS = re.compile(r"(?:(?:[^\[\]:,]*|\[[^\[\]]*\])(?::[0-9]*)?(?:,|$))*")
"""Hosts, each with a port that is a number, or without one."""
_UNREADABLE = "postgresql://(address that cannot be read)"


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """Either `path` (SQLite) or `url` (PostgreSQL); `root` is the estate's folder. `str` shows no password."""

    root: Path
    path: Path | None = None
    url: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str, root: Path, *, named: str = "") -> Self:
        """
        Read ``sqlite:<path below root>`` or ``postgresql://…``.

        Raises `StoreError` for anything else, and for a path that leaves the estate. The text may be a secret in
        the wrong variable, and is never shown: `named` says where it comes from.
        """
        if text.startswith(POSTGRES):
            for password in _passwords(text):
                KNOWN.know(password)
            return cls(root, url=text)
        name = text.removeprefix(SQLITE)
        if not text.startswith(SQLITE) or not name:
            message = f"{named or 'the text'} is not the address of a store"
            raise StoreError(message, hint="write sqlite:.reconciler/state.db or postgresql://host/database")
        relative = Path(name)
        if relative.is_absolute() or ".." in relative.parts or name.startswith("~"):
            message = f"{named or 'the address'} names a store outside of the estate"
            raise StoreError(message, hint="write a path below the estate's folder")
        return cls(root, path=root / relative)

    @property
    def database(self) -> str:
        """The name of the database, of signs that a file's name may have."""
        name = (self.url or "").partition("?")[0].rpartition("/")[2]
        return _SIGNS.sub("_", name)[:_LONGEST_NAME] or "store"

    def __str__(self) -> str:
        if self.path is not None:
            return str(self.path)
        try:
            parts = urlsplit(self.url or "")
        except ValueError:
            return _UNREADABLE
        hosts = parts.netloc.rpartition("@")[2]
        if "@" in parts.path + parts.query + parts.fragment or not _HOSTS.fullmatch(hosts):
            # A password with an unescaped sign ends somewhere in here, or takes the place of the port.
            return _UNREADABLE
        return f"{parts.scheme}://{hosts}{parts.path}"


def _passwords(url: str) -> tuple[str, ...]:
    """The passwords of an address, as written and as decoded."""
    try:
        parts = urlsplit(url)
        asked = parse_qs(parts.query)
        user = parts.netloc.rpartition("@")[0]
        # With an unescaped sign in it, readers do not agree where the password ends.
        pieces = user.partition(":")[2].split("@")
        found = (parts.password or "", *pieces, *asked.get("password", ()), *asked.get("sslpassword", ()))
    except ValueError:
        found = (url,)
    return (*found, *map(unquote, found))
