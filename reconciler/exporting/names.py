"""Names of files and sets that are made of monikers, which may hold any sign."""

import re
from collections.abc import Iterable
from hashlib import sha256

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_OTHER = re.compile(r"[^a-z0-9_-]+")
_DEVICES = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")
_SHORTEST, _LONGEST, _DIGEST = 5, 30, 8


def file_stem(moniker: str) -> str:
    """
    The name of a file for a moniker, without its ending: the moniker itself where every disk can hold it.

    Otherwise the signs that all disks hold, and a digest: capitals are the same file on many disks, and a slash is a
    folder. Different monikers have different stems.
    """
    if _PLAIN.fullmatch(moniker) and not _DEVICES.fullmatch(moniker):
        return moniker
    return f"{_cleaned(moniker)[:40].strip('-') or 'x'}-{_digest(moniker)}"


def set_name(moniker: str, taken: Iterable[str] = ()) -> str:
    """The name of the EndpointSet of a group: its moniker where that may be given to something new."""
    is_fit = _PLAIN.fullmatch(moniker) and _SHORTEST <= len(moniker) <= _LONGEST
    name = (
        moniker if is_fit else f"{_cleaned(moniker)[: _LONGEST - _DIGEST - 1].strip('-') or 'sims'}-{_digest(moniker)}"
    )
    taken, number = set(taken), 2
    wished = name
    while name in taken:
        ending = f"-{number}"
        name, number = wished[: _LONGEST - len(ending)] + ending, number + 1
    return name


def _cleaned(moniker: str) -> str:
    return _OTHER.sub("-", moniker.lower()).lstrip("-_")


def _digest(moniker: str) -> str:
    return sha256(moniker.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
