"""The secrets of which a plan cannot say whether the platform has the same, and their form in a plan file. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.model.address import Address
from reconciler.model.secret import SecretRef


@dataclass(frozen=True, slots=True)
class Uncompared:
    """
    One secret of which the plan cannot say whether the platform has the same.

    Either it `is_missing`, so that its reference leads to no value here, or there is no key yet to compare it under.
    `reference` is None for a URL that stands in the manifest.
    """

    address: Address
    field: str
    reference: SecretRef | None
    is_missing: bool


def body_of(uncompared: Sequence[Uncompared]) -> list[dict[str, Any]]:
    """Them as JSON values."""
    return [
        {
            "address": str(item.address),
            "field": item.field,
            "reference": None if item.reference is None else item.reference.as_json(),
            "isMissing": item.is_missing,
        }
        for item in uncompared
    ]


def read_uncompared(body: Sequence[Mapping[str, Any]]) -> tuple[Uncompared, ...]:
    """Them from JSON values."""
    return tuple(
        Uncompared(
            Address.parse(item["address"]),
            item["field"],
            None if item["reference"] is None else SecretRef(**item["reference"]),
            item["isMissing"],
        )
        for item in body
    )
