"""References: the monikers by which one resource names another, and the fields that hold them."""

from dataclasses import dataclass

EXISTING = "existing:"
"""Prefix of a reference to something that lives only on the platform."""


@dataclass(frozen=True, slots=True)
class ReferenceField:
    """One field that names another resource: its path (``rules[].target``) and the kind it names."""

    path: tuple[str, ...]
    kind: str

    @property
    def text(self) -> str:
        """The path as reports write it."""
        return ".".join(self.path).replace(".[]", "[]")


def is_existing(reference: str) -> bool:
    """Whether a reference points at something that the manifests do not declare."""
    return reference.startswith(EXISTING)


def bare(reference: str) -> str:
    """The moniker that a reference names."""
    return reference.removeprefix(EXISTING)
