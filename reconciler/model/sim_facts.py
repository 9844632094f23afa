"""Facts of kinds about SIMs: the kinds whose objects hold SIMs, and those that list them."""

from dataclasses import dataclass

from reconciler.model.lookup import Lookup
from reconciler.model.resource import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class SimHolder:
    """
    How the objects of a kind hold SIMs, by the fields that decide it.

    `secondary` is a field and its value in the objects that SIMs are never assigned to (D-22). `policies` name what
    governs the SIMs inside. `network` names the network that they get addresses of, `subnet` the one of its subnets,
    and `pool` is the field of the network that has them all (D-46).
    """

    secondary: tuple[Lookup, str]
    policies: tuple[Lookup, ...]
    network: Lookup
    subnet: Lookup
    pool: Lookup

    @property
    def fields(self) -> tuple[Lookup, ...]:
        """Every field of the kind itself that is named here."""
        return (self.secondary[0], *self.policies, self.network, self.subnet)

    def is_secondary(self, spec: Spec) -> bool:
        """Whether an object is one of those to which SIMs are never assigned."""
        field, value = self.secondary
        return bool(field.of(spec) == value)

    def place(self, spec: Spec) -> tuple[str, str] | None:
        """The network and the subnet that a spec states; None where the platform chooses the subnet."""
        subnet = self.subnet.of(spec)
        return (str(self.network.of(spec)), str(subnet)) if subnet else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimList:
    """
    How the objects of a kind list SIMs; they are counted and streamed, never matched and owned one by one.

    `groups` are the paths that name groups whose SIMs are meant, `tags` those that give SIMs their tags.
    `is_single`: one object is one SIM.
    """

    groups: tuple[str, ...]
    tags: tuple[str, ...]
    is_single: bool = False
