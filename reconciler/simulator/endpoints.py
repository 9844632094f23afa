"""SIMs: activation, groups, states, settings, key values (D-22, D-41 to D-48)."""

from collections.abc import Callable, Sequence
from typing import Any

from reconciler.simulator import key_values
from reconciler.simulator.addresses import Addresses
from reconciler.simulator.body import Body
from reconciler.simulator.events import STATUS_EVENTS, Events, Happening
from reconciler.simulator.refusals import NOT_FOUND, Breach, Malformed, NotFound, Partly
from reconciler.simulator.sim_settings import edit, is_iccid
from reconciler.simulator.sims import ACTIVE, DETACHED, IDLE, ONLINE, PENDING, SUSPENDED, TERMINATED, Sim, Sims
from reconciler.simulator.store import Row
from reconciler.simulator.world import GROUPS, View, choose

KEEP_TERMINATED_SECONDS = 90 * 24 * 3600
_MOST_IN_BULK = 100_000
_STATES = {"active": ACTIVE, "suspended": SUSPENDED, "terminated": TERMINATED}


class Endpoints:
    """The operations on SIMs at one moment. Every method runs inside a transaction of the caller."""

    def __init__(self, world: View, sims: Sims, events: Events, at: float) -> None:
        self._world = world
        self._store = world.store
        self._sims = sims
        self._addresses = Addresses(world.store)
        self._events = events
        self._at = at

    def find(self, key: str) -> Sim:
        """The addressed SIM, or `NotFound`."""
        sim = self._sims.find(key)
        if sim is None:
            raise NotFound
        return sim

    def activate(self, data: Any) -> str:
        """Take a SIM into the account by ICCID and activation code; it is pending then. Answers its id."""
        body = Body(data)
        iccid, code = body.text("iccid"), body.text("activationCode")
        if iccid is None or code is None:
            raise Breach("iccid and activationCode are required.")
        if not is_iccid(iccid):
            raise Breach(f"'{iccid[:30]}' is not an ICCID: 18 to 20 digits with a valid check digit.")
        if self._world.settings.activation_codes.get(iccid, code) != code:
            raise Breach("The activation code does not fit the ICCID.")
        if self._sims.find(iccid) is not None:
            raise Breach(f"The endpoint {iccid} is already activated.")
        (number,) = self._sims.add([iccid], None, PENDING, self._at)
        self._edit(self._sim(number), body)
        self._events.record([Happening(STATUS_EVENTS[PENDING], self._sims.id_of(number))], self._at)
        return self._sims.id_of(number)

    def edit(self, key: str, data: Any) -> str:
        """Change what the body names; null clears. Answers the id."""
        sim, body = self.find(key), Body(data)
        if sim.status == TERMINATED:
            raise Breach("A terminated endpoint cannot be changed.")
        if body.has("endpointGroup"):
            text = body.text("endpointGroup")
            if text is None:
                self._unassign(sim)
            else:
                self._place([sim], self._primary(text))
            sim = self._sim(sim.n)
        self._edit(sim, body)
        return self._sims.id_of(sim.n)

    def assign(self, data: Any) -> list[dict[str, Any]]:
        """Put many SIMs into one primary group; one result for each."""
        body = Body(data)
        text = body.text("endpointGroup")
        if text is None:
            raise Breach("endpointGroup is required.")
        group = self._primary(text)
        return self._bulk(body, lambda sims: self._place(sims, group), self._assignable)

    def set_status(self, key: str, data: Any) -> str:
        """Suspend, resume or terminate one SIM."""
        sim = self.find(key)
        wanted = self._wanted(Body(data))
        self._transition(sim, wanted)
        self._move([sim], wanted)
        return self._sims.id_of(sim.n)

    def set_statuses(self, data: Any) -> list[dict[str, Any]]:
        """Suspend, resume or terminate many; one result for each."""
        body = Body(data)
        wanted = self._wanted(body)
        return self._bulk(body, lambda sims: self._move(sims, wanted), lambda sim: self._transition(sim, wanted))

    def reset(self, key: str, data: Any) -> str:
        """End the session and detach from the network, as asked."""
        sim = self.find(key)
        body = Body(data if data is not None else {})
        if sim.status == TERMINATED:
            raise Breach("A terminated endpoint cannot be reset.")
        detach, end = body.flag("forceDetach"), body.flag("endDataSession")
        if detach or (detach is None and end is None):
            sim.network = DETACHED
        elif end:
            sim.network = IDLE
        self._sims.save([sim])
        return self._told(sim, "endpointforciblydetached_v1")

    def message(self, key: str, data: Any) -> str:
        """Send an SMS to the device: accepted, and that is all."""
        sim = self.find(key)
        body = Body(data)
        for member in ("protocolId", "dataCodingScheme"):
            body.integer(member)
        if body.text("payloadText") is None:
            raise Breach("payloadText is required.")
        if sim.status != ACTIVE:
            raise Breach("Only an active endpoint takes messages.")
        return self._told(sim, "endpointsmsattempted_v1")

    def key_values(self, key: str) -> list[dict[str, Any]]:
        """The key values of a SIM, by key."""
        return key_values.listed(self._store, self.find(key).n)

    def set_key_value(self, key: str, name: str, data: Any) -> str:
        """Set one key value: a string or a number."""
        sim = self.find(key)
        value = key_values.put(self._store, sim.n, name, data)
        return self._told(sim, "endpointkeyvalueupdated_v1", {"key": name, "value": value})

    def remove_key_value(self, key: str, name: str) -> str:
        """Remove one key value."""
        sim = self.find(key)
        key_values.remove(self._store, sim.n, name)
        return self._told(sim, "endpointkeyvalueupdated_v1", {"key": name, "value": None})

    def start_session(self, key: str, group: str | None) -> str:
        """A device comes online in its primary group, or in a secondary group of that; answers its address."""
        sim = self.find(key)
        if sim.status != ACTIVE or sim.group is None:
            raise Breach("Only an active endpoint in a group can start a session.")
        place = self._store.by_id(sim.group)
        if group is not None:
            chosen = self._world.require(GROUPS, group)
            associated = any(row.id == sim.group for row, role in self._store.referrers(chosen.id) if role != "vslice")
            if chosen.id != sim.group and not associated:
                raise Breach(f"'{chosen.moniker}' is not a secondary group of '{place.moniker}'.")
            place = chosen
        found = self._addresses.give(sim, place)
        sim.network = ONLINE
        sim.extra["latestActivity"] = self._at
        self._sims.save([sim])
        self._told(sim, "endpointnetworkstatussetactive_v1")
        return found

    def use(self, key: str, usage: dict[str, int]) -> None:
        """Set the usage counters in bytes: 24H, 7D, 28D, 1Y."""
        sim = self.find(key)
        sim.extra["usage"] = {**sim.extra.get("usage", {}), **usage}
        sim.extra["latestActivity"] = self._at
        self._sims.save([sim])

    def _sim(self, number: int) -> Sim:
        return self.find(self._sims.id_of(number))

    def _primary(self, key: str) -> Row:
        group = self._world.require(GROUPS, key)
        if group.state["endpointGroupType"] != "primary":
            raise Breach(f"'{group.moniker}' is a secondary group; endpoints are assigned to its primary group.")
        return group

    def _bulk(
        self, body: Body, act: Callable[[Sequence[Sim]], None], check: Callable[[Sim], None]
    ) -> list[dict[str, Any]]:
        keys = body.raw("endpoints")
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise Malformed("$.endpoints", "The member endpoints must be an array of strings.")
        if not 0 < len(keys) <= _MOST_IN_BULK:
            raise Breach(f"endpoints must hold 1 to {_MOST_IN_BULK} items.")
        results = []
        good: dict[int, Sim] = {}
        for key in keys:
            sim = self._sims.find(key)
            messages = self._objections(sim, check)
            results.append(
                {"id": self._sims.id_of(sim.n) if sim else key, "success": not messages, "messages": messages}
            )
            if sim is not None and not messages:
                good[sim.n] = sim
        is_whole = all(result["success"] for result in results)
        if not is_whole and self._world.settings.bulk == "all-or-nothing":
            why = ["Not executed, because another item was refused."]
            raise Partly([r if not r["success"] else {**r, "success": False, "messages": why} for r in results])
        act(list(good.values()))
        return results

    @staticmethod
    def _objections(sim: Sim | None, check: Callable[[Sim], None]) -> list[str]:
        if sim is None:
            return [NOT_FOUND]
        try:
            check(sim)
        except Breach as no:
            return list(no.messages)
        return []

    def _assignable(self, sim: Sim) -> None:
        if sim.status == TERMINATED:
            raise Breach("A terminated endpoint cannot be assigned.")

    def _place(self, sims: Sequence[Sim], group: Row) -> None:
        for sim in sims:
            self._assignable(sim)
        moving = [sim for sim in sims if sim.group != group.id]
        happenings = []
        self._addresses.release([sim.n for sim in moving])
        self._sims.touch([*filter(None, (sim.group for sim in moving)), group.id])
        for sim in moving:
            sim.group, sim.changed = group.id, self._at
            if sim.status < ACTIVE:
                sim.status, sim.network = ACTIVE, DETACHED
                happenings.append(self._happening(STATUS_EVENTS[ACTIVE], sim))
        self._sims.save(moving)
        self._events.record(happenings, self._at)

    def _unassign(self, sim: Sim) -> None:
        if sim.group is None:
            return
        if sim.status != ACTIVE:
            raise Breach("Only an active endpoint can be taken out of its group.")
        self._leave([sim])
        sim.status = PENDING
        self._sims.save([sim])
        self._events.record([self._happening(STATUS_EVENTS[PENDING], sim)], self._at)

    def _leave(self, sims: Sequence[Sim]) -> None:
        self._addresses.release([sim.n for sim in sims])
        self._sims.touch(filter(None, (sim.group for sim in sims)))
        for sim in sims:
            sim.group, sim.network, sim.changed = None, DETACHED, self._at

    def _wanted(self, body: Body) -> int:
        moniker = choose(body, "endpointStatus", None)
        if moniker not in _STATES:
            raise Breach("endpointStatus must be one of active, suspended, terminated.")
        return _STATES[moniker]

    def _transition(self, sim: Sim, wanted: int) -> None:
        """D-42: what may become what."""
        allowed = {(ACTIVE, SUSPENDED), (PENDING, TERMINATED), (ACTIVE, TERMINATED), (SUSPENDED, TERMINATED)}
        if self._world.settings.suspension == "reversible":
            allowed.add((SUSPENDED, ACTIVE))
        if sim.status != wanted and (sim.status, wanted) not in allowed:
            names = {number: name for name, number in _STATES.items()} | {PENDING: "pending"}
            message = f"An endpoint that is {names.get(sim.status, 'not active')} cannot become {names[wanted]}."
            raise Breach(message + (" Assign it to a group first." if sim.status == PENDING else ""))

    def _move(self, sims: Sequence[Sim], wanted: int) -> None:
        moving = [sim for sim in sims if sim.status != wanted]
        happenings = [self._happening(STATUS_EVENTS[wanted], sim) for sim in moving]
        for sim in moving:
            sim.status, sim.network, sim.changed = wanted, DETACHED, self._at
        if wanted == TERMINATED:
            self._leave(moving)
        self._sims.save(moving)
        self._events.record(happenings, self._at)

    def _edit(self, sim: Sim, body: Body) -> None:
        if changed := edit(sim, body, self._sims):
            self._told(sim, "endpointimeichanged_v1", changed)

    def _told(self, sim: Sim, kind: str, detail: dict[str, Any] | None = None) -> str:
        self._events.record([self._happening(kind, sim, detail)], self._at)
        return self._sims.id_of(sim.n)

    def _happening(self, kind: str, sim: Sim, detail: dict[str, Any] | None = None) -> Happening:
        return Happening(kind, self._sims.id_of(sim.n), sim.group, None, {"iccid": sim.iccid, **(detail or {})})
