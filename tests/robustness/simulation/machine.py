"""A team's weeks as a state machine: anything may be done in any order, and it always ends well."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.robustness.simulation.baton import Killed
from tests.robustness.simulation.office import GROUPS, KINDS, SIMS, Office

NAMES = ("OperatorPolicy/ops-a", "OperatorPolicy/ops-b", "RegionalPolicy/region-a", "VSlice/net-a")
_TITLES = st.sampled_from(("Alpha", "Beta"))
_COUNTRIES = st.lists(st.sampled_from(("GBR", "FRA", "DEU")), unique=True)
_OPERATORS = st.builds(
    lambda title, default, countries: {
        "displayName": title,
        "default": default,
        "entries": [{"country": country, "action": "reject-hard"} for country in countries],
    },
    _TITLES,
    st.sampled_from(("allow", "reject-hard")),
    _COUNTRIES,
)
_REGIONS = st.builds(
    lambda title, countries: {
        "displayName": title,
        "defaultGateway": "europe",
        "entries": [{"country": country, "gateway": "europe"} for country in countries],
    },
    _TITLES,
    _COUNTRIES,
)
_NETWORKS = st.builds(
    lambda title, more: {"displayName": title, "subnets": ["100.80.0.0/16", *more]},
    _TITLES,
    st.lists(st.sampled_from(("100.81.0.0/16", "100.82.0.0/16")), unique=True),
)
_SPECS = {"OperatorPolicy": _OPERATORS, "RegionalPolicy": _REGIONS, "VSlice": _NETWORKS}
_CHANGES = st.sampled_from(NAMES).flatmap(
    lambda name: st.tuples(st.just(name), st.none() | _SPECS[name.partition("/")[0]])
)
_MOST_MOMENTS = 60
MOST_FURTHER_RUNS = 2


class Weeks(RuleBasedStateMachine):
    """The rules; what must hold is checked after each of them, and that all converges at the end."""

    office: Office

    @initialize()
    def begin(self) -> None:
        """A new estate, applied once."""
        self.office = Office()

    @rule(changes=st.lists(_CHANGES, min_size=1, max_size=3))
    def edit_manifest(self, changes: list[tuple[str, dict[str, Any] | None]]) -> None:
        """A commit."""
        for name, spec in changes:
            if spec is None:
                self.office.specs.pop(name, None)
            else:
                self.office.specs[name] = spec
        self.office.declare()

    @rule(iccid=st.sampled_from(SIMS), group=st.sampled_from(GROUPS))
    def list_sim(self, iccid: str, group: str) -> None:
        """A set lists a SIM."""
        self.office.places[iccid] = group
        self.office.declare()

    @rule()
    def plan(self) -> None:
        """Nothing changes by looking (I20)."""
        before = self.office.contents()
        assert self.office.run("plan").exit_code in {0, 3, 10}
        assert self.office.contents() == before

    @rule()
    def apply(self) -> None:
        """An apply that ends well leaves everything as declared."""
        if self.office.apply() == 0:
            self.office.check_declared()

    @rule(moment=st.integers(0, _MOST_MOMENTS))
    def kill(self, moment: int) -> None:
        """An apply that is gone in the middle."""
        try:
            with self.office.disturbed(moment, "kill"):
                self.office.apply()
        except Killed:
            return

    @rule(moment=st.integers(0, _MOST_MOMENTS))
    def expire_token(self, moment: int) -> None:
        """The token stops working in the middle of an apply."""
        with self.office.disturbed(moment, "token"):
            self.office.apply()

    @rule(name=st.sampled_from(NAMES), title=st.sampled_from(("Portal", "Alpha")))
    def edit_at_the_portal(self, name: str, title: str) -> None:
        """Somebody renames an object."""
        kind, _, moniker = name.partition("/")
        shown = self.office.contents()[KINDS[kind]].get(moniker)
        if shown is not None:
            body = {**shown, "name": title}
            self.office.portal("PUT", f"/{KINDS[kind]}/{moniker}", body)

    @rule(name=st.sampled_from(NAMES))
    def remove_at_the_portal(self, name: str) -> None:
        """Somebody deletes an object."""
        kind, _, moniker = name.partition("/")
        self.office.portal("DELETE", f"/{KINDS[kind]}/{moniker}")

    @rule(iccid=st.sampled_from(SIMS), group=st.sampled_from(GROUPS))
    def move_at_the_portal(self, iccid: str, group: str) -> None:
        """Somebody moves a SIM."""
        self.office.portal("POST", "/endpoints/assign", {"endpointGroup": group, "endpoints": [iccid]})

    @rule(iccid=st.sampled_from(SIMS[:1]))
    def terminate(self, iccid: str) -> None:
        """Somebody terminates a SIM at the portal; nobody else ever does."""
        if self.office.portal("POST", "/endpoints/status", {"endpointStatus": "terminated", "endpoints": [iccid]}):
            self.office.human_ended.add(iccid)

    @rule()
    def keep(self) -> None:
        """A backup of the store."""
        self.office.keep()

    @rule()
    def restore(self) -> None:
        """The store of last week: what was made since is a stranger until it is adopted."""
        self.office.restore()

    @rule(adopts=st.booleans())
    def adopt(self, *, adopts: bool) -> None:
        """Whether applies take over what exists from now on."""
        self.office.adopts = adopts

    @precondition(lambda self: self.office.specs)
    @rule(changes=st.lists(_CHANGES, min_size=1, max_size=2), order=st.permutations(("first.plan", "second.plan")))
    def apply_two_plans(self, changes: list[tuple[str, dict[str, Any] | None]], order: list[str]) -> None:
        """Two plans are made, and applied in either order, the first of them twice: stale, done, or refused."""
        first = self.office.run("plan", "--out", "first.plan").exit_code
        self.edit_manifest(changes)
        second = self.office.run("plan", "--out", "second.plan").exit_code
        if first == second == 0:
            for path in (*order, order[0]):
                self.office.apply("--auto-approve", path)

    @invariant()
    def nothing_is_there_twice(self) -> None:
        """No object is there twice, whatever happened."""
        if hasattr(self, "office"):
            self.office.check_single()

    def teardown(self) -> None:
        """Once all is quiet two runs are enough, and then there is nothing left to do (I1, h)."""
        if not hasattr(self, "office"):
            return
        office = self.office
        try:
            office.adopts = True
            for _ in range(MOST_FURTHER_RUNS):
                office.apply()
            office.check_declared()
            result = office.run("plan", "--detailed-exitcode")
            assert result.exit_code == 0, result.output
        finally:
            office.close()
