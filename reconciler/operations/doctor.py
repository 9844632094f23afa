"""Whether everything that an operation needs is there and fits: configuration, store, secrets and platform."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from reconciler.errors import ReconcilerError
from reconciler.operations.estate import Estate
from reconciler.operations.platform import connected, digester
from reconciler.operations.secrets import references, require, secret_source
from reconciler.operations.store_location import store_location
from reconciler.operations.validate import sound, validate


class Examined(NamedTuple):
    """One thing that was looked at: the words about it, or the error."""

    subject: str
    words: str = ""
    error: ReconcilerError | None = None


def doctor(estate: Estate) -> Iterator[Examined]:
    """Look at everything, whatever came of the rest; changes nothing."""
    for subject, look in _checks(estate):
        try:
            yield Examined(subject, look())
        except ReconcilerError as error:
            yield Examined(subject, error=error)


def _checks(estate: Estate) -> Iterator[tuple[str, Callable[[], str]]]:
    from reconciler.manifests.configuration import load_configuration
    from reconciler.reports.diagnostics import escaped
    from reconciler.store.reader import read_inventory

    configuration, _ = load_configuration(estate.existing_root(), lambda _: None)

    def store() -> str:
        location = store_location(estate, configuration)
        inventory = read_inventory(location, configuration.name)
        return f"{location}, {len(inventory.owned)} objects owned" if inventory else f"{location}, not made yet"

    def reached() -> str:
        with connected(estate, digester(None)) as control_plane:
            account = control_plane.account()
            return f"{escaped(account.platform)}, the token is accepted"

    def secrets() -> str:
        loaded = validate(estate).sound()
        location = store_location(estate, configuration)
        source = secret_source(estate, store=location, allowed=estate.policy().secrets)
        needed = {reference: address for address, _, reference in references(loaded)}
        require(needed, source)
        return f"{len(needed)} read" if needed else "the manifests name none"

    yield "manifests", lambda: f"{len(sound(estate, validate(estate)).built.estate)} objects, valid"
    yield "store", store
    yield "secrets", secrets
    yield "platform", reached


def probe(estate: Estate) -> dict[str, Any]:
    """Where the answers of a real account differ from those that are expected, as JSON values; shapes only."""
    from reconciler.control_plane.probing import probe as compare

    with connected(estate, digester(None)) as control_plane:
        return compare(control_plane)
