"""An estate as one handle: its folder, its platform, the machine, and what the caller decides in place of the tree."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.environment import Environment, is_ci, system
from reconciler.errors import UsageError
from reconciler.redaction import KNOWN

if TYPE_CHECKING:
    from reconciler.manifests.declarations import Configuration
    from reconciler.manifests.policy import Policy
    from reconciler.plan.limits import Guard
    from reconciler.plan.waivers import Waivers

EMBEDDED = "embedded"
IN_REVISION = "git:"
"""The beginning of the place of a policy that is read from a Git revision, before ``REV:PATH``."""
EMBEDDED_FILE = Path(".reconciler/platform.db")
_SECRET_VARIABLES = ("STACUITY_TOKEN", "PGPASSWORD", "PGSSLPASSWORD")


@dataclass(frozen=True, slots=True)
class PlatformAccess:
    """
    How the platform is reached: the address of its API, or `embedded` for the simulator in this process.

    Without an `origin` the embedded simulator is taken, but in CI nothing is guessed. The token comes from
    `token_file`, or from the variable ``STACUITY_TOKEN``; `token_argument` is for a platform on loopback only.
    """

    origin: str | None
    token_file: Path | None = None
    token_argument: str | None = None
    wire_table: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """
    The person or pipeline that runs an operation: decisions in place of the tree, and where messages go.

    `store` is an address, `secrets` are patterns of what the manifests may read, `policy` is a file of limits, and
    `consents` has the exact number by guard. `note` gets each message; `is_watched`: a person sees them at once.
    `max_read_age` is how many seconds old a list may be by which a creation or a deletion begins; None: the default.
    Setting `stop` finishes what is under way and begins nothing more.
    """

    store: str | None = None
    secrets: tuple[str, ...] = ()
    policy: Path | None = None
    consents: "Mapping[Guard, int]" = field(default_factory=dict)
    note: Callable[[str], None] = lambda _: None
    is_watched: bool = False
    max_read_age: float | None = None
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Estate:
    """An estate and where it lives. Nothing is read until an operation asks."""

    root: Path
    platform: PlatformAccess
    environment: Environment
    caller: Caller

    @classmethod
    def open(
        cls,
        root: Path | str,
        platform: PlatformAccess,
        environment: Environment | None = None,
        *,
        caller: Caller | None = None,
    ) -> "Estate":
        """The estate in the folder `root`; without an `environment` on this machine."""
        estate = cls(Path(root), platform, environment or system(), caller or Caller())
        estate.know_secrets()
        return estate

    def know_secrets(self) -> None:
        """Keep the passwords of this machine out of texts: what others say may quote them, also where none is used."""
        for name in _SECRET_VARIABLES:
            KNOWN.know(self.environment.variables.get(name, "").strip())

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """While something is read or sent: secrets are known, and no text of others has them."""
        KNOWN.begin()
        try:
            self.know_secrets()
            yield
        finally:
            KNOWN.end()

    @property
    def is_in_ci(self) -> bool:
        """Whether a pipeline runs this."""
        return is_ci(self.environment.variables)

    def existing_root(self) -> Path:
        """The folder; `UsageError` when there is none."""
        if not self.root.is_dir():
            message = f"there is no folder {self.root}"
            raise UsageError(message, hint="name the folder of an estate with --chdir")
        return self.root

    def configuration(self) -> "Configuration":
        """The settings of ``reconciler.yaml``; `InvalidManifests` where anything is wrong."""
        from reconciler.manifests.configuration import sound_configuration

        return sound_configuration(self.existing_root())[0]

    def policy(self) -> "Policy":
        """The caller's policy; an empty one where there is no file. Raises as `load_policy` does."""
        from reconciler.manifests.policy import NO_POLICY, load_policy, policy_in_revision

        if self.caller.policy is None:
            return NO_POLICY
        named = str(self.caller.policy)
        if named.startswith(IN_REVISION):
            return policy_in_revision(self.root, named.removeprefix(IN_REVISION), self.environment.variables)
        return load_policy(self.caller.policy)

    def check_consents(self) -> None:
        """Raise `UsageError` for a consent in a pipeline: nobody is there who could give it, and a waiver is signed."""
        if self.caller.consents and self.is_in_ci:
            guard, number = next(iter(self.caller.consents.items()))
            message = f"with CI set, --allow {guard.value}={number} is no consent: a waiver takes its place"
            hint = f"reconciler guard waive {guard.value} --plan FILE prints one for a policy (--policy git:REV:PATH)"
            raise UsageError(message, hint=hint)

    @property
    def consents(self) -> "Mapping[Guard, int]":
        """The numbers that the caller consents to; `UsageError` in a pipeline."""
        self.check_consents()
        return self.caller.consents

    def waivers(self, policy: "Policy") -> "Waivers":
        """The waivers of a policy, on this day in UTC."""
        from reconciler.plan.waivers import Waivers

        return Waivers(
            stated=policy.waivers,
            today=self.environment.now()[:10],
            are_required=self.is_in_ci,
            source=policy.source,
            owners=policy.owners,
        )


def consent_of(text: str) -> "tuple[Guard, int]":
    """The guard and the number of ``GUARD=NUMBER``; `UsageError` for anything else."""
    from reconciler.diagnostics import nearest
    from reconciler.plan.limits import Guard, NotALimit, number_of

    name, sign, number = text.partition("=")
    names = [guard.value for guard in Guard]
    if name not in names:
        guess = nearest(name, names)
        message = f"--allow names no guard: {name[:40]!r}"
        raise UsageError(message, hint=f"did you mean {guess}?" if guess else f"guards: {', '.join(names)}")
    try:
        return Guard(name), number_of(number if sign else None)
    except NotALimit as error:
        message = f"--allow {name} takes {error.expected}"
        hint = f"write --allow {name}=NUMBER with the number that the plan prints"
        raise UsageError(message, hint=hint) from None


@cache
def own_words() -> frozenset[str]:
    """The words of our own enumerations, which are said in clear although a secret may be equal to one."""
    from reconciler.control_plane.port import Verb
    from reconciler.diagnostics.finding import Severity
    from reconciler.diffing.fields import FieldOperation
    from reconciler.kinds import kinds
    from reconciler.model.inventory import Origin
    from reconciler.plan.action import Action
    from reconciler.plan.change import ReasonCode, Reversibility
    from reconciler.plan.limits import Guard
    from reconciler.plan.plan import Verdict
    from reconciler.plan.roster import RosterAction
    from reconciler.store.examination import Weight
    from reconciler.store.records import ActionState, LedgerState

    families: tuple[Iterable[StrEnum], ...] = (
        *(Action, RosterAction, ReasonCode, Reversibility, FieldOperation, Guard, Verdict),
        *(Verb, Origin, Severity, Weight, ActionState, LedgerState),
    )
    return frozenset((*(word.value for family in families for word in family), *kinds()))
