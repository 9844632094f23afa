"""An estate of SIMs on disk and in one process: manifests and files in a folder, simulator, store, virtual clock."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.control_plane.paths import WirePaths
from reconciler.control_plane.rest import RestControlPlane
from reconciler.control_plane.transport import IN_PROCESS_ORIGIN, Transport
from reconciler.model.iccid import luhn_ok
from reconciler.model.secret import SecretRef
from reconciler.operations.planning import Planned
from reconciler.operations.planning import read_and_plan as make_plan
from reconciler.operations.validate import check
from reconciler.plan.outcomes import ApplyReport
from reconciler.plan.plan import Plan
from reconciler.plan.roster import RosterAction
from reconciler.simulator.settings import Settings
from tests.robustness.faults.house import House

HEAD = "apiVersion: reconciler.dev/v1alpha1\n"
NETWORK = """
kind: VSlice
metadata: {name: fleet-net}
spec: {subnets: [100.64.0.0/16, 100.65.0.0/16, 100.66.0.0/16, 100.67.0.0/29]}
---
kind: RoutingTarget
metadata: {name: fleet-internet}
spec: {vslice: fleet-net, redundancyZone: europe-primary, internet: {}}
---
kind: RoutingPolicy
metadata: {name: fleet-policy}
spec:
  vslice: fleet-net
  rules: [{name: everything, direction: uplink, action: forward, target: fleet-internet}]
---
kind: RegionalPolicy
metadata: {name: europe-only}
spec: {defaultGateway: europe}
"""
SUBNETS = {"fleet-uk": "100.64.0.0/16", "fleet-de": "100.65.0.0/16", "fleet-fr": "100.66.0.0/16"}


def iccid(number: int, length: int = 19) -> str:
    """A sound ICCID, another one for each number."""
    start = "89882280" + str(number).zfill(length - 9)
    return next(start + digit for digit in "0123456789" if luhn_ok(start + digit))


def iccids(count: int, first: int = 0) -> list[str]:
    """Many of them, one after the other."""
    return [iccid(number) for number in range(first, first + count)]


def group(name: str, subnet: str | None = None) -> str:
    """A primary group as a document."""
    chosen = subnet or SUBNETS[name]
    return (
        f"kind: EndpointGroup\nmetadata: {{name: {name}}}\nspec: {{type: primary, vslice: fleet-net, subnet: {chosen}, "
        "routingPolicy: fleet-policy, regionalPolicy: europe-only}\n"
    )


def groups(*names: str) -> str:
    """Several of them."""
    return "---\n".join(group(name) for name in names or SUBNETS)


def listed(name: str, target: str, numbers: Iterable[str], more: str = "") -> str:
    """A set with a list as a document; `more` is flow style that begins with a comma."""
    rows = ", ".join(f'{{iccid: "{number}"}}' for number in numbers)
    members = f"[{{list: [{rows}]}}]"
    return f"kind: EndpointSet\nmetadata: {{name: {name}}}\nspec: {{group: {target}, members: {members}{more}}}\n"


def from_file(name: str, target: str, path: str, more: str = "") -> str:
    """A set with a file as a document."""
    members = f"[{{file: {{path: {path}}}}}]"
    return f"kind: EndpointSet\nmetadata: {{name: {name}}}\nspec: {{group: {target}, members: {members}{more}}}\n"


def endpoint(name: str, number: str, more: str = "") -> str:
    """One SIM as a document."""
    return f'kind: Endpoint\nmetadata: {{name: {name}}}\nspec: {{iccid: "{number}"{more}}}\n'


@dataclass
class SimHouse(House):
    """A house whose plans are made from files. `wire` replaces paths of requests on SIMs; None: there is none."""

    wire: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        # Plans are of the estate that the store of every house is opened for.
        self.write("reconciler.yaml", f"{HEAD}kind: Estate\nmetadata: {{name: estate}}\nspec: {{}}\n")
        self.control_plane = RestControlPlane(
            Transport(IN_PROCESS_ORIGIN, "token", wsgi=self._wsgi),
            digest=self.digest,
            resolve=lambda reference: self.secrets[str(reference.env)],
            sleep=self.clock.sleep,
            jitter=lambda: 0.5,
            paths=WirePaths(operations=self.wire),
        )

    def write(self, path: str, text: str | bytes) -> None:
        """A file below the root."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())

    def declare(self, *documents: str) -> None:
        """These manifests and no others, besides the network that everything is built on."""
        parts = [part for document in (NETWORK, *documents) for part in document.split("---\n") if part.strip()]
        self.write("estate.yaml", "---\n".join(HEAD + part.lstrip() for part in parts))

    def csv(self, path: str, rows: Sequence[str], heading: str = "iccid") -> None:
        """A file of SIMs."""
        self.write(path, "".join(f"{row}\n" for row in (heading, *rows)))

    def planned(self) -> Planned:
        """The plan of what is in the folder."""
        loaded = check(self.root, remember=False).sound()
        return make_plan(
            loaded,
            self.control_plane,
            inventory=self.store.inventory(),
            digest_secret=self.digest,
            find_secret=self._find,
        )

    def _find(self, reference: SecretRef) -> str | None:
        return self.secrets.get(str(reference.env))

    def now(self) -> Plan:
        """The plan itself."""
        return self.planned().plan

    def converge(self, **options: Any) -> ApplyReport:
        """Plan and apply, which must succeed, and the next plan must be empty."""
        report = self.apply(self.now(), **options)
        assert report.exit_code == 0, report
        after = self.now()
        assert after.is_empty, (after.changes, after.roster)
        return report

    def stock(self, numbers: Iterable[str], place: str | None = None, status: str = "pending") -> None:
        """SIMs that the account has."""
        self.simulator.put_sims(numbers, place, status)

    def live(self) -> dict[str, dict[str, Any]]:
        """SIMs as they are on the platform, by ICCID."""
        found: dict[str, dict[str, Any]] = self.simulator.dump()["endpoints"]
        return found

    def membership(self) -> dict[str, str | None]:
        """Where each SIM is."""
        return {number: sim["endpointGroup"] for number, sim in self.live().items()}

    def states(self) -> dict[str, str]:
        """In which state each SIM is."""
        return {number: sim["endpointStatus"] for number, sim in self.live().items()}

    def sim_requests(self) -> list[tuple[str, str, Any, int]]:
        """The requests about SIMs: verb, path, body and status."""
        return [
            (row.method, row.path, row.body, row.status)
            for row in self.mutations()
            if row.path.lower().startswith("/endpoints")
        ]

    def asked_for(self) -> Counter[str]:
        """How often something was asked of each SIM."""
        count: Counter[str] = Counter()
        for _, path, content, _ in self.sim_requests():
            body = content or {}
            count.update(body.get("endpoints") or [body["iccid"] if "iccid" in body else path.split("/")[2]])
        return count


def count_of(plan: Plan, action: RosterAction) -> int:
    """How many SIMs an action is for."""
    return plan.roster.count(action)


def house_at(root: Path, settings: Settings | None = None, **options: Any) -> SimHouse:
    """A new house in a folder of its own."""
    root.mkdir(parents=True, exist_ok=True)
    return SimHouse(root, settings or Settings(), **options)
