"""Recovery: what became of the requests of an interrupted run."""

from reconciler.apply.recovery import Recovered, recover_alone
from reconciler.control_plane.errors import ControlPlaneError
from reconciler.errors import LockError
from reconciler.operations.estate import Estate
from reconciler.operations.platform import connected, digester
from reconciler.operations.store import opened_store
from reconciler.store.lock import IN_FLIGHT_SECONDS
from reconciler.store.records import Epoch


def recover(estate: Estate) -> Recovered | None:
    """
    Read the platform and write down what it shows, object by object; None where every request has an outcome.

    Nothing is sent, and the manifests are not looked at. A lock that a killed run left is waited for.
    """
    note = estate.caller.note
    with opened_store(estate) as (store, _, _):
        if not store.unresolved():
            return None
        digest = digester(store.hmac_key)
        with connected(estate, digest) as control_plane:
            in_flight_seconds = 0 if control_plane.is_local else IN_FLIGHT_SECONDS

            def announce(epoch: Epoch) -> None:
                seconds = min(epoch.drain_seconds, in_flight_seconds)
                wait = f" Requests may still land for {seconds:.0f} s; waiting for them where it matters."
                begun = "Reading what became of the requests of an interrupted run; nothing is sent."
                note(f"{begun}{wait if seconds else ''}")

            def announce_wait(error: LockError, seconds: float) -> None:
                ends = f"Its lease ends in {seconds:.0f} s unless it is renewed, as a run that lives does"
                note(f"{error}. {ends}; waiting for that.")

            try:
                return recover_alone(
                    store,
                    control_plane=control_plane,
                    environment=estate.environment,
                    digest_secret=digest,
                    in_flight_seconds=in_flight_seconds,
                    on_begin=announce,
                    on_wait=announce_wait,
                )
            except ControlPlaneError:
                note("Nothing was found out; run `reconciler recover` again when the platform answers.")
                raise
