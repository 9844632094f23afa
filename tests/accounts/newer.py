"""
The platform as a newer version of it, or a gateway in between, would answer: a proxy that rewrites what is read.

Members are added at every depth, renamed in case, retyped (numbers as texts) and removed. The rewriting depends on the
path, the object and a seed alone, so that every reading of one object is rewritten alike. Requests pass as they are.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from reconciler.simulator.application import Simulator

_KEPT = frozenset({"id", "moniker", "iccid", "key", "success", "messages", "data", "totalitems", "limit", "offset"})
_LISTS = frozenset(
    {
        "vslices",
        "routingtargets",
        "routingpolicies",
        "operatorpolicies",
        "regionalpolicies",
        "edgeservices",
        "eventhandlers",
        "eventmaps",
        "endpointgroups",
    }
)
_REMOVED = frozenset(
    {"sessioninactivityaction", "ipallocationtype", "subscriptiontype", "apnpattern", "allow45g", "active"}
)
_ADDED = (
    7,
    True,
    "a-new-word",
    {"depth": {"of": "a-value"}},
    ["one", "two"],
    {"id": "new-1", "moniker": "a-thing", "name": "A thing"},
)


class NewerPlatform(Simulator):
    """A simulator whose answers to reads of objects are rewritten by a seed; SIMs are answered as they are."""

    def __init__(self, seed: int, **options: Any) -> None:
        super().__init__(**options)
        self.seed = seed

    def wsgi(self, environ: Mapping[str, Any], start_response: Any) -> list[bytes]:
        """The answer of the simulator, rewritten where it is a read of objects."""
        kept: list[Any] = []

        def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> None:
            kept.append((status, headers, *more))

        content = b"".join(super().wsgi(environ, begin))
        status, headers, *more = kept[-1]
        if environ["REQUEST_METHOD"] == "GET" and self._is_of_objects(str(environ["PATH_INFO"])):
            body = json.loads(content)
            if isinstance(body, dict) and "data" in body:
                content = json.dumps({**body, "data": self._listed(body["data"])}).encode()
                headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
                headers.append(("Content-Length", str(len(content))))
        start_response(status, headers, *more)
        return [content]

    def _listed(self, data: Any) -> Any:
        """An object is the same in a list and by itself."""
        return [self.rewritten(one, "") for one in data] if isinstance(data, list) else self.rewritten(data, "")

    @staticmethod
    def _is_of_objects(path: str) -> bool:
        return any(part.lower() in _LISTS for part in path.split("/"))

    def rewritten(self, value: Any, path: str) -> Any:
        """The value of a place; items of lists are told apart by what they hold."""
        if isinstance(value, list):
            return [self.rewritten(one, f"{path}[]") for one in value]
        if not isinstance(value, dict):
            return value
        result = {}
        for name, inner in value.items():
            place = f"{path}.{name}"
            low = name.lower()
            if low not in _KEPT and low in _REMOVED and not path and self._draws(f"-{low}", 5):
                continue
            new = name.upper() if low not in _KEPT and self._draws(f"case {low}", 9) else name
            result[new] = self._retyped(self.rewritten(inner, place), low)
        is_named = "moniker" in value and len(value) <= 4 and path
        if not is_named and self._draws(f"add {path}", 2):
            result[f"brandNew{path.count('.')}"] = _ADDED[self._number(f"value {path}") % len(_ADDED)]
        return result

    def _retyped(self, value: Any, name: str) -> Any:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return str(value) if is_number and name not in _KEPT and self._draws(f"type {name}", 4) else value

    def _draws(self, what: str, one_in: int) -> bool:
        return self._number(what) % one_in == 0

    def _number(self, what: str) -> int:
        return int.from_bytes(sha256(f"{self.seed}/{what}".encode()).digest()[:6])
