"""Requests and their answers: a read is sent again as `retry` says, a write is sent once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from reconciler.control_plane.answers import ADDRESS_HINT, PlatformAnswer, open_answer
from reconciler.control_plane.errors import Rejected
from reconciler.control_plane.listing import READERS
from reconciler.control_plane.port import Receipt
from reconciler.control_plane.retry import Waiting
from reconciler.control_plane.transport import HttpAnswer, Transport
from reconciler.model.secret import Plaintext, SecretRef

Resolver = Callable[[SecretRef], str]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    Sends requests over a transport and reads what comes back. Thread-safe.

    `resolve` finds the value of a secret reference in the last step before sending.
    """

    transport: Transport
    resolve: Resolver
    waiting: Waiting

    @property
    def at_once(self) -> int:
        """How many reads may be under way at the same time."""
        return 1 if self.transport.is_local else READERS

    def read(self, path: str, understand: Callable[[HttpAnswer], _T]) -> _T:
        """The meaning of the answer to a GET, tried again as reads are."""
        return self.waiting.read(lambda: understand(self.transport.send("GET", path)))

    def get(self, path: str) -> PlatformAnswer:
        """The answer to a GET, which may say that the object is not there."""
        return self.read(path, lambda answer: open_answer(answer, f"GET {path}", is_read=True))

    def require(self, path: str) -> PlatformAnswer:
        """The answer to a GET. Raises `Rejected` when the object is not there."""
        answer = self.get(path)
        if answer.is_absent:
            raise Rejected(f"GET {path}", answer.messages, status=answer.status, hint=ADDRESS_HINT)
        return answer

    def write(self, method: str, path: str, content: Any, *, absent_is_fine: bool = False) -> Receipt:
        """Send one write, once. Raises as `send` of the port does."""
        encoded = None if content is None else msgspec.json.encode(self._revealed(content))
        answer = open_answer(self.transport.send(method, path, encoded), f"{method} {path}", is_read=False)
        if answer.is_absent and not absent_is_fine:
            raise Rejected(f"{method} {path}", answer.messages)
        return Receipt(
            answer.data if isinstance(answer.data, str) else None, 404 if answer.is_absent else answer.status
        )

    def _revealed(self, value: Any) -> Any:
        match value:
            case SecretRef():
                return self.resolve(value)
            case Plaintext():
                return value.reveal()
            case Mapping():
                return {name: self._revealed(inner) for name, inner in value.items()}
            case list():
                return [self._revealed(inner) for inner in value]
            case _:
                return value
