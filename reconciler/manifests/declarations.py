"""The declared estate with its configuration, the origin of each resource, and the findings of the reader."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.diagnostics import Diagnostic
from reconciler.kinds import group_kind, kind_named
from reconciler.model.address import Address
from reconciler.model.resource import Resource, Resources
from reconciler.model.roster import Roster
from reconciler.model.scope import ANYTHING, Scope
from reconciler.plan.limits import STANDARD, Limits
from reconciler.positions import Origins

MAX_FILES = 2_000


@dataclass(frozen=True, slots=True)
class Configuration:
    """How one estate is managed; the defaults are those of an estate without ``reconciler.yaml``."""

    name: str
    account_type: str = "integrated"
    manifests: tuple[str, ...] = (".",)
    store: str | Mapping[str, str] = "sqlite:.reconciler/state.db"
    guardrails: Limits = STANDARD
    scope: Scope = ANYTHING
    removed: tuple[Address, ...] = ()
    max_files: int = MAX_FILES
    environment: str | None = None


@dataclass(slots=True)
class Built:
    """
    A declared estate, the origin of each of its resources, and the findings on the way.

    `keys` are the hashes under which documents are remembered, of those that can be. `unsound` are the addresses of
    documents that could not be read or understood, as far as they can be told: somebody declared them.
    """

    estate: Resources = field(default_factory=Resources)
    origins: Origins = field(default_factory=Origins)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    keys: dict[Address, bytes] = field(default_factory=dict)
    unsound: set[Address] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Loaded:
    """
    A declared estate with its configuration, its sources for excerpts, and the digest of all manifest bytes.

    `settings` are the bytes of ``reconciler.yaml``. `outward` names the resources that refer to something which lives
    only on the platform. `roster` is what the estate says of SIMs, None when it says nothing. `is_partial`: only
    the files that the command line named were read, so what is not declared here may be declared elsewhere. `expansion`
    holds the templates and divisions, if there are any, and `documents` those of all objects, if they were asked for.
    Not `is_complete`: a template or division was refused, so that objects are missing which others may refer to.
    `scenarios` are the tests of declared traffic.
    """

    configuration: Configuration
    built: Built
    sources: Mapping[str, bytes]
    digest: str
    settings: bytes = b""
    outward: tuple[Address, ...] = ()
    roster: Roster | None = None
    is_partial: bool = False
    expansion: object | None = None
    documents: tuple[object, ...] = ()
    is_complete: bool = True
    scenarios: tuple[object, ...] = ()


def references_of(resource: Resource) -> Iterator[tuple[str, tuple[str | int, ...], str]]:
    """The kind, the place and the name of everything that a manifest refers to."""
    for reference, path, name in kind_named(resource.address.kind).refers(resource.spec):
        yield reference.kind, path, name
    # A group that is named inside a field of several forms has the place of the field.
    for path, name in kind_named(resource.address.kind).groups_in(resource.spec):
        if len(path) > 1:
            yield group_kind().name, path[:1], name
