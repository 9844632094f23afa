"""
The requests that the platform takes and its answers, one file for each kind of object.

The files are found as the kinds are: by listing the modules beside this one, each with its `COLLECTION`.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from reconciler.simulator.world import Collection


@cache
def collections() -> Mapping[str, Collection]:
    """Every collection by its name in lower case, in alphabetical order."""
    modules = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    found = {module.COLLECTION.name.lower(): module.COLLECTION for module in modules}
    return MappingProxyType(dict(sorted(found.items())))
