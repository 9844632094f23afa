"""One IPv4 address for each membership of a SIM in a group, given at its first session or fixed before (D-46)."""

import ipaddress

from reconciler.simulator.refusals import Breach
from reconciler.simulator.sims import Sim
from reconciler.simulator.store import Row, Tables
from reconciler.simulator.world import address


class Addresses:
    """Addresses given out. Unique within a VSlice."""

    def __init__(self, store: Tables) -> None:
        self._store = store

    def fix(self, sim: Sim, group: Row, text: str) -> None:
        """Give a SIM a static address, which must lie in its group's subnet and be free in the VSlice."""
        wanted = address(text, "staticIpAddress")
        subnet = ipaddress.IPv4Network(group.state["ipv4Subnet"])
        if wanted not in subnet:
            raise Breach(f"{wanted} does not lie in {subnet}, the subnet of the endpoint group '{group.moniker}'.")
        taken = self._store.execute(
            "SELECT n FROM address WHERE vslice = ? AND address = ? AND NOT (n = ? AND grp = ?)",
            (group.state["vslice"], int(wanted), sim.n, group.id),
        ).fetchone()
        if taken:
            raise Breach(f"{wanted} is already used by another endpoint of the VSlice.")
        self._put(sim.n, group, int(wanted), "static")

    def unfix(self, sim: Sim, group: str) -> None:
        """Take a static address away; the next session gets another one."""
        self._store.execute("DELETE FROM address WHERE n = ? AND grp = ? AND origin = 'static'", (sim.n, group))

    def give(self, sim: Sim, group: Row) -> str:
        """The address of a membership, given now when there is none yet."""
        kept = self._store.execute("SELECT address FROM address WHERE n = ? AND grp = ?", (sim.n, group.id)).fetchone()
        if kept:
            return str(ipaddress.IPv4Address(kept[0]))
        subnet = ipaddress.IPv4Network(group.state["ipv4Subnet"])
        first, last = int(subnet.network_address) + 1, int(subnet.broadcast_address) - 1
        name = f"next address {group.state['vslice']} {subnet}"
        candidate = max(first, int(self._store.value(name, first)))
        for _ in range(2):
            while candidate <= last and self._is_taken(group.state["vslice"], candidate):
                candidate += 1
            if candidate <= last:
                self._store.set_value(name, candidate + 1)
                self._put(sim.n, group, candidate, "session")
                return str(ipaddress.IPv4Address(candidate))
            candidate = first
        raise Breach(f"The subnet {subnet} has no free address.")

    def release(self, numbers: list[int]) -> None:
        """Give back every address of these SIMs."""
        self._store.execute_many("DELETE FROM address WHERE n = ?", ((n,) for n in numbers))

    def _is_taken(self, vslice: str, candidate: int) -> bool:
        sql = "SELECT 1 FROM address WHERE vslice = ? AND address = ?"
        return self._store.execute(sql, (vslice, candidate)).fetchone() is not None

    def _put(self, n: int, group: Row, number: int, origin: str) -> None:
        self._store.execute(
            "INSERT INTO address VALUES (?, ?, ?, ?, ?) ON CONFLICT (n, grp)"
            " DO UPDATE SET address = excluded.address, origin = excluded.origin",
            (n, group.id, group.state["vslice"], number, origin),
        )
