"""Which store a command uses: the caller's, or the one that the estate names and the caller's side agrees with."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from reconciler.cli import options
from reconciler.cli.secret_source import SecretSource
from reconciler.environment import Environment, setting
from reconciler.errors import ConfigurationRefused, StoreError
from reconciler.model.secret import SecretRef
from reconciler.store.location import POSTGRES, StoreLocation

if TYPE_CHECKING:
    from reconciler.manifests.declarations import Configuration

VARIABLE = "RECONCILER_STORE"
_FLAG = "--store"
_DEFAULT_PORT = ":5432"


def store_location(configuration: "Configuration", root: Path, environment: Environment) -> StoreLocation:
    """
    Where the store is; nothing is connected to.

    A server is named by the caller's side (``--store``, `RECONCILER_STORE`): whoever may write `reconciler.yaml` would
    else send the password of the store anywhere. `ConfigurationRefused` for a server that only the tree names, and for
    a variable that it may not name; `StoreError` for a variable that is not set. Messages name the variable only.
    """
    named, given = _given(environment)
    store = configuration.store
    if isinstance(store, Mapping):
        if given is not None:
            return StoreLocation.parse(given, root, named=named)
        return _from_variable(store["env"], root, environment)
    if not store.startswith(POSTGRES):
        return StoreLocation.parse(
            store if given is None else given, root, named="spec.store" if given is None else named
        )
    if given is None or not given.startswith(POSTGRES) or _hosts(given) != _hosts(store):
        named_there = StoreLocation.parse(store, root)
        message = f"reconciler.yaml names the store {named_there}, and the caller does not name the same host"
        raise ConfigurationRefused(
            message, hint=f"set {VARIABLE} or {_FLAG} to the address of the store if it is meant"
        )
    return StoreLocation.parse(_merged(given, store), root, named=named)


def _given(environment: Environment) -> tuple[str, str | None]:
    chosen = options.chosen_store()
    return (_FLAG, chosen) if chosen is not None else (VARIABLE, setting(environment.variables, VARIABLE))


def _from_variable(name: str, root: Path, environment: Environment) -> StoreLocation:
    if name != VARIABLE:
        source = SecretSource.of(root, environment.variables, options.allowed_secrets())
        refused = source.objection(SecretRef(env=name))
        if refused is not None:
            message = f"spec.store names the variable {name}, which is not read: {refused[0]}"
            raise ConfigurationRefused(message, hint=f"set {VARIABLE} to the address of the store")
    text = setting(environment.variables, name)
    if text is None:
        message = f"the store is named by the environment variable {name}, which is not set"
        raise StoreError(message, hint=f"set {name} to sqlite:… or postgresql://…")
    return StoreLocation.parse(text, root, named=name)


def _hosts(url: str) -> tuple[str, ...]:
    """Every host that an address names, each with its port unless that is the usual one."""
    try:
        parts = urlsplit(url)
        asked = parse_qs(parts.query)
    except ValueError:
        return ("",)
    listed = [unquote(parts.netloc.rpartition("@")[2]), *asked.get("host", []), *asked.get("hostaddr", [])]
    hosts = [host.strip().lower().removesuffix(_DEFAULT_PORT) for text in listed for host in text.split(",")]
    return tuple(host for host in hosts if host)


def _merged(given: str, store: str) -> str:
    """The caller's address; the database and the user are those of the estate where it leaves them out."""
    ours, theirs = urlsplit(given), urlsplit(store)
    user = theirs.netloc.rpartition("@")[0]
    netloc = f"{user}@{ours.netloc}" if user and "@" not in ours.netloc else ours.netloc
    path = ours.path if ours.path.strip("/") else theirs.path
    return urlunsplit((ours.scheme, netloc, path, ours.query, ""))
