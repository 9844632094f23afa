"""Names of objects: those that the platform can hold, and those that a new object can be given (D-2, D-4)."""

import re
from collections.abc import Mapping

from reconciler.diagnostics import INVALID_METADATA, RULE_WARNING, Diagnostic
from reconciler.model.scalars import LONGEST_MONIKER, SHORTEST_MONIKER, is_moniker

_LONGEST_SHOWN = 40
FORM = "5 to 30 characters of a-z 0-9 - _, starting with a letter or digit"


def as_moniker(name: str) -> str:
    """A name as a moniker: everything that a moniker cannot have becomes a hyphen."""
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")


def rule_of(name: object) -> str:
    """The rule that a name breaks: D-2 is about the length, D-4 about the characters."""
    return "D-4" if isinstance(name, str) and SHORTEST_MONIKER <= len(name) <= LONGEST_MONIKER else "D-2"


def remedy(name: object) -> str:
    """A name that a new object can have in place of this one."""
    fit = as_moniker(name) if isinstance(name, str) else ""
    return f'Write "{fit}".' if is_moniker(fit) else "Choose such a name, for example fleet-uk."


def held_name(name: str, address: str) -> Diagnostic | None:
    """The warning that the platform can only hold this name already; None for one that a new object can have."""
    if is_moniker(name):
        return None
    detail = f"The name {_shown(name)} can only be that of an object that exists: a new one needs {FORM}."
    hint = f"Leave it if the platform has this object. {remedy(name)}"
    return Diagnostic(RULE_WARNING, detail, hint, address, ("metadata", "name"), rule=rule_of(name))


def new_names(names: Mapping[str, str]) -> list[Diagnostic]:
    """The errors of objects that are to be created or renamed, by address, whose new name the platform refuses."""
    found = []
    for address, name in names.items():
        if not is_moniker(name):
            detail = f"{address} would get the name {_shown(name)}, which is no moniker for a new object: {FORM}."
            path = ("metadata", "name")
            found.append(Diagnostic(INVALID_METADATA, detail, remedy(name), address, path, rule=rule_of(name)))
    return found


def _shown(name: str) -> str:
    return f'"{name[:_LONGEST_SHOWN]}…"' if len(name) > _LONGEST_SHOWN else f'"{name}"'
