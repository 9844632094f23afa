"""The secrets of which a plan cannot say whether the platform has the same, and their form in a plan file. Pure."""

from dataclasses import dataclass

from reconciler.model.address import Address
from reconciler.model.secret import SecretRef


@dataclass(frozen=True, slots=True)
class Uncompared:
    """
    One secret of which the plan cannot say whether the platform has the same.

    Either it `is_missing`, so that its reference leads to no value here, or there is no key yet to compare it under.
    `reference` is None for a URL that is written in the manifest.
    """

    address: Address
    field: str
    reference: SecretRef | None
    is_missing: bool
