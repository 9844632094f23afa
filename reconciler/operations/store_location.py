"""Which store is used: the caller's, or the one that the estate names and the caller's side agrees with."""

from collections.abc import Iterable, Mapping
from shlex import quote
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from reconciler.environment import setting
from reconciler.errors import ConfigurationRefused, EstateError, StoreError
from reconciler.model.secret import SecretRef
from reconciler.operations.estate import Estate
from reconciler.operations.secrets import SecretSource
from reconciler.store.location import POSTGRES, StoreLocation

if TYPE_CHECKING:
    from reconciler.manifests.declarations import Configuration

VARIABLE = "RECONCILER_STORE"
_FLAG = "--store"
_DEFAULT_PORT = ":5432"
_MOST_NAMED = 5


def store_location(estate: Estate, configuration: "Configuration") -> StoreLocation:
    """
    Where the store is; nothing is connected to.

    A server is named by the caller's side (``--store``, `RECONCILER_STORE`): an author of `reconciler.yaml` would
    else send the password of the store anywhere. `ConfigurationRefused` for a server that only the tree names, and for
    a variable that it may not name; `StoreError` for a variable that is not set. Messages name the variable only.
    """
    named, given = _given(estate)
    root = estate.root
    store = configuration.store
    if isinstance(store, Mapping):
        if given is not None:
            return StoreLocation.parse(given, root, named=named)
        return _from_variable(store["env"], estate)
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


def _given(estate: Estate) -> tuple[str, str | None]:
    chosen = estate.caller.store
    return (_FLAG, chosen) if chosen is not None else (VARIABLE, setting(estate.environment.variables, VARIABLE))


def _from_variable(name: str, estate: Estate) -> StoreLocation:
    root, variables = estate.root, estate.environment.variables
    if name != VARIABLE:
        source = SecretSource.of(root, variables, estate.caller.secrets)
        refused = source.objection(SecretRef(env=name))
        if refused is not None:
            message = f"spec.store names the variable {name}, which is not read: {refused[0]}"
            raise ConfigurationRefused(message, hint=f"set {VARIABLE} to the address of the store")
    text = setting(variables, name)
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


def how_to_rename(name: str, others: Iterable[str]) -> str:
    """The hint for the case that the estate `name` is one of the others under a new name."""
    known = sorted(set(others))
    old = known[0] if len(known) == 1 else "OLD"
    return f"if it is {old} under a new name: reconciler store rename-estate {quote(old)} {quote(name)}"


def names_of(others: Iterable[str]) -> str:
    """The names of estates in a sentence."""
    known = sorted(set(others))
    more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    return ", ".join(known[:_MOST_NAMED]) + more


def unknown_estate(name: str, others: Iterable[str], where: object) -> EstateError:
    """The refusal of an operation on an estate that the store does not know."""
    others = tuple(others)
    message = f"the store {where} knows no estate {name}; it has {names_of(others)}"
    return EstateError(message, hint=how_to_rename(name, others))
