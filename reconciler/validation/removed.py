"""Addresses that ``spec.removed`` lists are declared by no manifest."""

from collections.abc import Collection, Iterator

from reconciler.diagnostics import INVALID_ESTATE_CONFIGURATION, Diagnostic
from reconciler.model.address import Address
from reconciler.model.resource import Resources


def removed_and_declared(estate: Resources, removed: Collection[Address]) -> Iterator[Diagnostic]:
    """A finding for each declaration, or former name of one, that the configuration lists as removed."""
    for resource in estate.values() if removed else ():
        address, former = resource.address, resource.lifecycle.renamed_from
        hint = f"Remove this manifest, or take {address} out of spec.removed."
        if address in removed:
            detail = f"{address} is declared here, and spec.removed of reconciler.yaml says that it stops being owned."
            yield Diagnostic(INVALID_ESTATE_CONFIGURATION, detail, hint, str(address), ("metadata", "name"))
        elif former is not None and (old := Address(address.kind, former)) in removed:
            detail = f"{old} gets the name {address.name} here, and spec.removed of reconciler.yaml lists it."
            hint = f"Remove reconciler.dev/renamed-from here, or take {old} out of spec.removed."
            yield Diagnostic(INVALID_ESTATE_CONFIGURATION, detail, hint, str(address), ("metadata", "annotations"))
