"""
The kinds of the platform, one file each; nothing outside this package names one.

Discovery is by listing the modules beside this one, so that even the list is not a second place.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from reconciler.model.kind import Kind


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by name, in alphabetical order."""
    found = (importlib.import_module(f"{__name__}.{module.name}").KIND for module in pkgutil.iter_modules(__path__))
    return MappingProxyType({kind.name: kind for kind in sorted(found, key=lambda kind: kind.name)})


@cache
def object_kinds() -> Mapping[str, Kind]:
    """The kinds whose objects are listed, matched and owned one by one: all but those that speak of SIMs."""
    return MappingProxyType({name: kind for name, kind in kinds().items() if not kind.is_roster})


def kind_named(name: str) -> Kind:
    """The kind with this name; `KeyError` when there is none."""
    return kinds()[name]
