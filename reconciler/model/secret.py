"""
Secrets: where one is found, and the tainted value itself.

Manifests, plans and the store hold `SecretRef` only. A value that was read from the platform or resolved for a
request is a `Plaintext`, which never shows itself (S7).
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret is found: an environment variable or a file below the estate's root. Never the secret."""

    env: str | None = None
    file: str | None = None

    @classmethod
    def of(cls, value: object) -> Self | None:
        """The reference of a manifest value ``{secretRef: {env: NAME}}``; None when it is none."""
        if not isinstance(value, Mapping) or not isinstance(inner := value.get("secretRef"), Mapping):
            return None
        return cls(env=inner.get("env"), file=inner.get("file"))

    def as_json(self) -> dict[str, str]:
        """The inner part of the reference, as a manifest writes it."""
        return {"env": self.env} if self.env else {"file": self.file or ""}

    def __str__(self) -> str:
        return f"env {self.env}" if self.env else f"file {self.file}"


class Plaintext:
    """A secret value on its way from or to the platform. `str`, `repr` and `format` give ``***``."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself: for the last step of a request and for digests, nowhere else."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> Any:
        message = "a secret is never serialised"
        raise TypeError(message)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plaintext) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(type(self))


_SCHEMES = ("https://", "http://")
_AT = "@"

Digester = Callable[[str], str]

DIGEST_PREFIX = "hmac-sha256:"
"""The beginning of the keyed digest of a secret."""

UNKEYED = f"{DIGEST_PREFIX}unkeyed"
"""The digest of a secret that was seen before there was a key: there is one, and no more is said."""


def unkeyed(value: str) -> str:
    """
    The digester while there is no store, and so no key.

    A digest under a key that others know is a digest that can be guessed (S8), and plans are passed around.
    """
    return UNKEYED


def keyed_digester(key: bytes) -> Digester:
    """Digest secrets with HMAC-SHA-256 under the store's key, so that a guessable secret stays unguessable (S8)."""

    def digest(value: str) -> str:
        sealed = "hmac-sha256:" + hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]
        host = host_of(value) if value.startswith(_SCHEMES) else None
        # The person who approves has to see where a webhook goes; its host is no secret (S9).
        return sealed if host is None else f"{sealed}{_AT}{host}"

    return digest


def host_of(url: str) -> str | None:
    """The host of a URL, in small letters; None when there is none to be read."""
    try:
        return urlsplit(url.strip()).hostname or None
    except ValueError:
        return None


def host_in(digest: str) -> str | None:
    """The host of the URL that was digested; None for any other secret, and for a text that is no digest."""
    return digest.partition(_AT)[2] or None if digest.startswith("hmac-sha256:") else None


def is_shown_as(shown: str, digest: str) -> bool:
    """Whether a digest that somebody wrote down says of a secret, and of its host if it names one, what is so."""
    return shown == digest if _AT in shown else is_same(shown, digest)


def is_same(one: str | None, other: str | None) -> bool:
    """Whether two digests are of the same secret; those that were kept before digests carried hosts have none."""
    return one is not None and other is not None and one.partition(_AT)[0] == other.partition(_AT)[0]
