"""The platform that an operation talks to: which one, with which token, and the connection to it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reconciler.environment import Environment, setting
from reconciler.errors import UsageError
from reconciler.model.secret import Digester, keyed_digester, unkeyed
from reconciler.named_files import read_named
from reconciler.operations.estate import EMBEDDED, EMBEDDED_FILE, Estate, PlatformAccess
from reconciler.operations.secrets import SecretSource, secret_source
from reconciler.redaction import KNOWN

if TYPE_CHECKING:
    from reconciler.control_plane.rest import RestControlPlane

_LARGEST_TOKEN = 64 * 1024
_LARGEST_WIRE_TABLE = 1024 * 1024


def chosen_origin(estate: Estate) -> str:
    """The platform's origin, or `embedded`; in CI nothing is guessed."""
    if estate.platform.origin:
        return estate.platform.origin
    if estate.is_in_ci:
        message = "no platform is named"
        raise UsageError(
            message, hint=f"set STACUITY_HOST or --platform; --platform {EMBEDDED} is the simulator in this process"
        )
    estate.caller.note(
        "Platform: the embedded simulator (no --platform and no STACUITY_HOST); state: .reconciler/platform.db"
    )
    return EMBEDDED


def token_of(platform: PlatformAccess, environment: Environment) -> str:
    """The API token: --token-file, then STACUITY_TOKEN; an argument only for a platform on loopback (S12)."""
    if platform.token_argument is not None:
        if not _is_on_this_machine(platform.origin or ""):
            message = "a token on the command line is seen by every user of this machine"
            raise UsageError(message, hint="set STACUITY_TOKEN or use --token-file")
        return _sendable(platform.token_argument, "the token of --token")
    return token_in(platform.token_file, "STACUITY_TOKEN", environment.variables)


def token_in(file: Path | None, variable: str, variables: Mapping[str, str]) -> str:
    """The token in a file, else in a variable (S12)."""
    if file is not None:
        hint = "name a readable file that holds the token"
        content = read_named(file, limit=_LARGEST_TOKEN, noun="the token", hint=hint)
        return _sendable(content.decode("utf-8", "replace"), f"the token in {file}")
    token = setting(variables, variable)
    if token is None:
        message = "no API token is given"
        raise UsageError(message, hint=f"set {variable}, or use --token-file")
    return _sendable(token, f"the token in {variable}")


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
def connected(estate: Estate, digest: Digester, *, secrets: SecretSource | None = None) -> Iterator["RestControlPlane"]:
    """The platform, ready to be asked; closed afterwards."""
    from reconciler.control_plane.rest import RestControlPlane
    from reconciler.control_plane.transport import IN_PROCESS_ORIGIN, Transport

    with estate.under_way():
        estate.existing_root()
        origin, environment = chosen_origin(estate), estate.environment
        simulator = None
        if origin == EMBEDDED:
            from reconciler.simulator.application import Simulator
            from reconciler.store.files import prepare

            state = estate.root / EMBEDDED_FILE
            if not state.exists():
                prepare(state, estate.root).replace(state)
            simulator = Simulator(state)
            transport = Transport(IN_PROCESS_ORIGIN, "embedded", wsgi=simulator.wsgi)
        else:
            token = token_of(estate.platform, environment)
            transport = Transport(origin, token, variables=environment.variables)
        try:
            yield RestControlPlane(
                transport,
                digest=digest,
                resolve=secrets or secret_source(estate),
                sleep=environment.sleep,
                jitter=environment.jitter,
                paths=_wire_table(estate.platform.wire_table),
                stop=estate.caller.stop,
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


def digester(key: bytes | None) -> Digester:
    """The digest of secrets under the store's key; without a store all secrets have the same digest."""
    if key is None:
        return unkeyed
    KNOWN.know(key)
    KNOWN.know(key.hex())
    return keyed_digester(key)
