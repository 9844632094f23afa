"""The composition root: which platform, which store, which secrets; everything else is handed what it needs."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from reconciler.cli import options
from reconciler.cli.interruption import CURRENT
from reconciler.cli.secret_source import SecretSource
from reconciler.environment import Environment, is_ci, setting, system
from reconciler.errors import ReconcilerError, UsageError
from reconciler.model.secret import Digester, keyed_digester, unkeyed
from reconciler.named_files import read_named
from reconciler.redaction import KNOWN
from reconciler.store.location import StoreLocation

if TYPE_CHECKING:
    from reconciler.control_plane.rest import RestControlPlane
    from reconciler.manifests.declarations import Configuration
    from reconciler.manifests.policy import Policy
    from reconciler.manifests.reserved_files import ReservedFiles

EMBEDDED = "embedded"
EMBEDDED_FILE = Path(".reconciler/platform.db")
_SECRET_VARIABLES = ("STACUITY_TOKEN", "PGPASSWORD", "PGSSLPASSWORD")
_LARGEST_TOKEN = 64 * 1024
_LARGEST_WIRE_TABLE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Platform:
    """What the command line says of the platform."""

    origin: str | None
    token_file: Path | None = None
    token_argument: str | None = None
    wire_table: Path | None = None


def chosen_origin(platform: Platform, environment: Environment) -> str:
    """The platform's origin, or `embedded`; in CI nothing is guessed (design 9)."""
    if platform.origin:
        return platform.origin
    if is_ci(environment.variables):
        message = "no platform is named"
        raise UsageError(
            message, hint=f"set STACUITY_HOST or --platform; --platform {EMBEDDED} is the simulator in this process"
        )
    click.echo(
        "Platform: the embedded simulator (no --platform and no STACUITY_HOST); state: .reconciler/platform.db",
        err=True,
    )
    return EMBEDDED


def token_of(platform: Platform, environment: Environment) -> str:
    """The API token: --token-file, then STACUITY_TOKEN; an argument only for a platform on loopback (S12)."""
    if platform.token_argument is not None:
        if not _is_on_this_machine(platform.origin or ""):
            message = "a token on the command line is seen by every user of this machine"
            raise UsageError(message, hint="set STACUITY_TOKEN or use --token-file")
        return _sendable(platform.token_argument, "the token of --token")
    if platform.token_file is not None:
        hint = "name a readable file that holds the token"
        content = read_named(platform.token_file, limit=_LARGEST_TOKEN, noun="the token", hint=hint)
        return _sendable(content.decode("utf-8", "replace"), f"the token in {platform.token_file}")
    token = setting(environment.variables, "STACUITY_TOKEN")
    if token is None:
        message = "no API token is given"
        raise UsageError(message, hint="set STACUITY_TOKEN, or use --token-file")
    return _sendable(token, "the token in STACUITY_TOKEN")


def _is_on_this_machine(origin: str) -> bool:
    try:
        return urlsplit(origin).hostname in {"127.0.0.1", "localhost", "::1"}
    except ValueError:
        return False


def _sendable(token: str, source: str) -> str:
    """The token without a byte order mark and blanks around it; `UsageError` when it cannot be sent in a header."""
    token = token.strip().removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").strip()
    if not token:
        message = f"{source} is empty"
        raise UsageError(message, hint="set it to the API token of the account")
    if not all("!" <= letter <= "~" for letter in token):
        message = f"{source} has a blank, a line end or a letter that is not ASCII, so it cannot be sent"
        raise UsageError(message, hint="copy the token again; it is one word of ASCII letters, digits and signs")
    KNOWN.know(token)
    return token


@contextmanager
def control_plane(
    root: Path,
    platform: Platform,
    digest: Digester,
    environment: Environment,
    *,
    secrets: SecretSource | None = None,
) -> Iterator["RestControlPlane"]:
    """The platform, ready to be asked; closed afterwards."""
    from reconciler.control_plane.rest import RestControlPlane
    from reconciler.control_plane.transport import IN_PROCESS_ORIGIN, Transport

    origin = chosen_origin(platform, environment)
    simulator = None
    if origin == EMBEDDED:
        from reconciler.simulator.application import Simulator
        from reconciler.store.files import prepare

        if not (root / EMBEDDED_FILE).exists():
            prepare(root / EMBEDDED_FILE, root).replace(root / EMBEDDED_FILE)
        simulator = Simulator(root / EMBEDDED_FILE)
        transport = Transport(IN_PROCESS_ORIGIN, "embedded", wsgi=simulator.wsgi)
    else:
        transport = Transport(origin, token_of(platform, environment), variables=environment.variables)
    try:
        yield RestControlPlane(
            transport,
            digest=digest,
            resolve=secrets or secret_source(root, environment, platform=platform),
            sleep=environment.sleep,
            jitter=environment.jitter,
            paths=_wire_table(platform.wire_table),
            stop=CURRENT.stop,
        )
    finally:
        transport.close()
        if simulator is not None:
            simulator.close()


def _wire_table(path: Path | None) -> Any:
    from reconciler.control_plane.paths import WirePaths

    if path is None:
        return None
    import json

    hint = 'write JSON such as {"segments": {"secondarygroups": "secondaries"}}'
    content = read_named(path, limit=_LARGEST_WIRE_TABLE, noun="the wire table", hint=hint)
    try:
        return WirePaths.of(json.loads(content), str(path))
    except (ValueError, RecursionError) as error:
        message = f"cannot read the wire table {path}: it is no JSON"
        raise UsageError(message, hint=hint) from error


def caller_policy() -> "Policy":
    """The policy of ``--policy``; an empty one without the flag. Raises as `load_policy` does."""
    from reconciler.manifests.policy import Policy, load_policy

    path = options.policy_file()
    return Policy() if path is None else load_policy(path)


def secret_source(
    root: Path,
    environment: Environment,
    *,
    platform: Platform | None = None,
    store: StoreLocation | None = None,
    allowed: Sequence[str] = (),
) -> SecretSource:
    """Where secrets are found in this command, and which the caller allows; `allowed` is what the policy says."""
    guarded = (platform.token_file if platform else None, store.path if store else None, root / EMBEDDED_FILE)
    return SecretSource.of(root, environment.variables, (*options.allowed_secrets(), *allowed), guarded)


def reserved_files(root: Path, environment: Environment, platform: Platform | None) -> "ReservedFiles":
    """The files that no manifest reads: the caller's token file and secrets, the store and the simulator."""
    from reconciler.cli.store_choice import store_location
    from reconciler.manifests.reserved_files import ReservedFiles

    def store_of(configuration: "Configuration") -> Path | None:
        try:
            return store_location(configuration, root, environment).path
        except ReconcilerError:
            # The command that needs the store says what is wrong with it.
            return None

    guarded = (platform.token_file if platform else None, root / EMBEDDED_FILE)
    allowed = secret_source(root, environment, allowed=caller_policy().secrets).allowed
    return ReservedFiles.of(guarded, allowed or (), store_of)


def digester(key: bytes | None) -> Digester:
    """The digest of secrets under the store's key; without a store they are told from each other by nobody."""
    if key is None:
        return unkeyed
    KNOWN.know(key)
    KNOWN.know(key.hex())
    return keyed_digester(key)


def machine() -> Environment:
    """The machine that we run on."""
    environment = system()
    for name in _SECRET_VARIABLES:
        # Also where it is not used: what others say may quote it.
        KNOWN.know(environment.variables.get(name, "").strip())
    return environment


def is_interactive() -> bool:
    """Whether somebody can be asked: a terminal on both ends, and no CI."""
    return sys.stdin.isatty() and sys.stdout.isatty() and not is_ci(os.environ)
