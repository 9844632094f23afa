"""The facts of the base revision that the body of a plan keeps, as grounds of whose each change is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.address import Address

EDIT = "edit"
"""The word for an edit of a SIM's settings where the others are actions on SIMs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionFacts:
    """
    The part of a plan that the manifests of the base revision ask for as well.

    `revision` is as the caller named it, `commit` its id; `problem` says why its manifests say nothing. `objects` are
    the changes of objects, `sims` the ICCIDs by what is done to them. `has_applied_sims`: the base is what the SIMs
    were last made as, so what it asks of them is drift. `unlisted` counts the SIMs that a list of the base has and that
    none has any more, by the address of a list that is no longer declared: nothing is done to them.
    """

    revision: str
    commit: str
    problem: str | None = None
    objects: tuple[Address, ...] = ()
    sims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    has_applied_sims: bool = False
    unlisted: Mapping[str, int] = field(default_factory=dict)
