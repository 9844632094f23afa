"""
The kinds of the platform, one file each; nothing outside this package names one.

Discovery is by listing the modules beside this one, so that even the list is not a second place.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from reconciler.model.kind import Kind
from reconciler.model.sim_facts import SimHolder


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by name, in alphabetical order."""
    found = (importlib.import_module(f"{__name__}.{module.name}").KIND for module in pkgutil.iter_modules(__path__))
    return MappingProxyType({kind.name: kind for kind in sorted(found, key=lambda kind: kind.name)})


@cache
def object_kinds() -> Mapping[str, Kind]:
    """The kinds whose objects are listed, matched and owned one by one: all but those that list SIMs."""
    return MappingProxyType({name: kind for name, kind in kinds().items() if not kind.is_roster})


@cache
def account_kinds() -> tuple[str, ...]:
    """The kinds whose objects say which account they are of."""
    return tuple(name for name, kind in object_kinds().items() if kind.wire.account)


@cache
def group_kind() -> Kind:
    """The kind whose objects hold SIMs."""
    return _only(kind for kind in kinds().values() if kind.holds_sims)


@cache
def sim_kind() -> Kind:
    """The kind of which one object is one SIM."""
    return _only(kind for kind in kinds().values() if kind.sims and kind.sims.is_single)


@cache
def sim_set_kind() -> Kind:
    """The kind of which one object lists many SIMs."""
    return _only(kind for kind in kinds().values() if kind.sims and not kind.sims.is_single)


@cache
def policy_field() -> tuple[str, Kind]:
    """The field of a group that names its routing policy, and the kind of those policies."""
    found = ((str(field), kind_named(field.target)) for field in holder().policies)
    ((field, kind),) = ((field, kind) for field, kind in found if kind.traffic is not None)
    return field, kind


def kind_named(name: str) -> Kind:
    """The kind with this name; `KeyError` when there is none."""
    return kinds()[name]


@cache
def holder() -> SimHolder:
    """How groups hold SIMs."""
    (found,) = (kind.holder for kind in kinds().values() if kind.holder)
    return found


def _only(found: Iterable[Kind]) -> Kind:
    (kind,) = found
    return kind
