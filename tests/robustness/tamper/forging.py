"""Forged plan files: any member edited, the digest made anew; and an oracle that knows the request log only."""

import json
import random
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.errors import PlanFileError, ReconcilerError
from reconciler.plan.canonical_json import canonical, digest
from reconciler.plan.planfile import decode, encode
from reconciler.reports.plan_text import render
from reconciler.reports.viewing import view_of
from reconciler.simulator.application import Simulator
from reconciler.simulator.request_log import LoggedRequest
from tests.features.sims.estate import HEAD, SimHouse, endpoint, groups, house_at, iccids, listed
from tests.oracles import COLLECTIONS

Document = dict[str, Any]
SIMS = iccids(40)
STALE, REFUSED = 4, 3
_TOLERATED = 10
_HOOK = "kind: EventHandler\nmetadata: {name: noc-hook}\nspec: {webhook: {url: 'https://noc.example/in'}}\n"


def _policies(default: str, *, with_old: bool) -> str:
    ops = f"kind: OperatorPolicy\nmetadata: {{name: first-ops}}\nspec: {{default: {default}}}\n"
    old = "---\nkind: OperatorPolicy\nmetadata: {name: old-ops}\nspec: {default: allow}\n"
    return ops + (old if with_old else "")


def _map(name: str, scope: str) -> str:
    return f"kind: EventMap\nmetadata: {{name: {name}}}\nspec: {{scope: {scope}}}\n"


def opened(root: Path) -> SimHouse:
    """The house in a folder, with its platform in a file beside the store."""
    house = house_at(root)
    house.simulator.close()
    house.simulator = Simulator(root / "platform.db", settings=house.settings, now=house.clock.now)
    return house


def template(root: Path) -> bytes:
    """An estate in a folder, and the plan of the next change: every action, and SIMs that move, stop and are edited."""
    house = opened(root)
    house.write("reconciler.yaml", f"{HEAD}kind: Estate\nmetadata: {{name: estate}}\nspec: {{}}\n")
    house.stock(SIMS)
    before = (
        groups("fleet-uk", "fleet-de"),
        _policies("allow", with_old=True),
        _map("kept-map", "account"),
        _HOOK,
        listed("set-uk", "fleet-uk", SIMS[:30]),
        listed("set-de", "fleet-de", SIMS[30:38]),
    )
    house.declare(*before)
    assert house.apply(house.now()).exit_code == 0
    changed = groups("fleet-uk", "fleet-de").replace("regionalPolicy:", "operatorPolicy: first-ops, regionalPolicy:", 1)
    house.declare(
        changed,
        _policies("reject-hard", with_old=False),
        _map("kept-map", "vslice"),
        _map("new-map", "account"),
        _HOOK.replace("/in", "/out"),
        listed("set-uk", "fleet-uk", SIMS[:24]),
        listed("set-de", "fleet-de", SIMS[24:38]),
        endpoint("one-sim", SIMS[0], ", displayName: Van 1"),
        endpoint("two-sim", SIMS[1], ", displayName: Van 2, state: suspended"),
    )
    content = encode(house.now())
    house.store.close()
    house.simulator.close()
    return content


def resealed(document: Document) -> bytes:
    """As somebody writes it who knows how digests are made."""
    found = digest(document["plan"])
    header = {"digest": found, "origin": document["origin"]}
    return canonical({**document, "digest": found, "seal": digest(header)}) + b"\n"


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if path:
        yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from _places(one, (*path, name))


def forged(document: Document, chance: random.Random) -> tuple[str, bytes]:
    """One member of the body edited, in one of the ways in which people edit; what was done, and the file."""
    changed = json.loads(json.dumps(document))
    body = changed["plan"]
    places = list(_places(body))
    done = []
    for _ in range(chance.choice((1, 1, 1, 2))):
        path, value = chance.choice(places)
        try:
            done.append(_edit(body, path, value, places, chance))
        except (KeyError, IndexError, TypeError):
            continue
    return "; ".join(done), resealed(changed)


def _edit(body: Any, path: tuple[str | int, ...], value: Any, places: list[Any], chance: random.Random) -> str:
    *above, last = path
    holder = body
    for part in above:
        holder = holder[part]
    name = "/".join(map(str, path))
    kind = chance.choice(("value", "value", "value", "delete", "steal", "twice"))
    if kind == "delete":
        del holder[last]
    elif kind == "twice" and isinstance(holder, list):
        holder.insert(int(last), value)
    elif kind == "steal":
        # A value of the same type from elsewhere in the document: plausible, and wrong.
        others = [other for where, other in places if where != path and type(other) is type(value)]
        holder[last] = json.loads(json.dumps(chance.choice(others)))
    else:
        holder[last] = _other(value, chance)
    return f"{kind} {name}"


def _other(value: Any, chance: random.Random) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return max(0, value + chance.choice((-1, 1, 5, 1000)))
        case str():
            choices = [f"{value}x", "allow", "first-ops", "fleet-de", "update", "delete", SIMS[39], value[:-1]]
            return chance.choice(choices)
        case list():
            return value[:-1] if value else [SIMS[39]]
        case dict():
            return {**value, "displayName": "Forged"}
        case _:
            return chance.choice(("forged", 1, {}, []))


@dataclass(frozen=True)
class Told:
    """The output of `show`: the text, and the document that it says with ``-o json``."""

    text: str
    document: Document


@dataclass(frozen=True)
class Done:
    """The outcome of apply: exit code, requests that change something, and the platform before and after."""

    code: int
    log: list[LoggedRequest]
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def shown(content: bytes) -> Told | None:
    """The output of `show` for a file, None when it refuses it with exit code 4."""
    try:
        plan, found = decode(content, "plan.json")
    except PlanFileError:
        return None
    return Told(render(view_of(plan, found), verbose=True), json.loads(encode(plan)))


def applied(root: Path, source: Path, content: bytes) -> Done:
    """The outcome of apply with a file, in a copy of the estate."""
    shutil.copytree(source, root)
    house = opened(root)
    before = house.simulator.dump()
    house.simulator.clear_log()
    try:
        plan, _ = decode(content, "plan.json")
        code = house.apply(plan).exit_code
    except ReconcilerError as error:
        code = error.exit_code
    done = Done(code, house.mutations(), before, house.simulator.dump())
    house.store.close()
    house.simulator.close()
    shutil.rmtree(root)
    return done


def unprinted(told: Told, done: Done) -> set[str]:
    """The values that were sent, were not there before, and occur nowhere in what was shown."""
    known = {str(value) for _, value in _places(done.before) if not isinstance(value, dict | list)}
    found = set()
    for row in done.log:
        if not row.path.lower().startswith("/endpoints/"):
            leaves = {str(value) for _, value in _places({"body": row.body}) if not isinstance(value, dict | list)}
            found |= {leaf for leaf in leaves - known if leaf not in told.text}
    return found


_LINE = re.compile(r"^ *(\+|~|-/\+|-|=|\.) ([A-Za-z]+)/(\S+) ", re.MULTILINE)
_MAY = {"POST": {"+", "-/+"}, "PUT": {"~"}, "DELETE": {"-", "-/+"}}


def violations(told: Told, done: Done) -> list[str]:
    """Where what apply did differs from what was shown."""
    if done.code in {STALE, REFUSED}:
        return [f"{row.method} {row.path} although it was refused" for row in done.log]
    return [*_objects(told, done), *_moved(told, done), *_stated(told, done)]


def _objects(told: Told, done: Done) -> Iterator[str]:
    signs = {(kind, name): sign for sign, kind, name in _LINE.findall(told.text)}
    by_id = {change["remoteId"]: change["address"] for change in told.document["plan"]["changes"]}
    touched: Counter[tuple[str, str]] = Counter()
    for row in done.log:
        collection, *rest = row.path.strip("/").split("/")
        kind = COLLECTIONS.get(collection.lower())
        if kind is None:
            continue
        name = rest[0] if rest else str(row.body["moniker"])
        address = by_id.get(name, f"{kind}/{name}")
        name = address.partition("/")[2]
        sign = signs.get((kind, name))
        is_whole = len(rest) < 2
        if sign is None or sign in "=." or (is_whole and sign not in _MAY.get(row.method, set())):
            yield f"{row.method} {row.path} is shown as {sign}"
        touched[kind, name] += 1
    if done.code == 0:
        for (kind, name), sign in signs.items():
            if sign not in "=." and not touched[kind, name]:
                yield f"{sign} {kind}/{name} is shown and was not done"
    for collection, objects in done.before.items():
        kind = COLLECTIONS.get(collection.lower())
        for name in set(objects) - set(done.after[collection]):
            if kind is not None and signs.get((kind, name)) not in {"-", "-/+", "~"}:
                yield f"{kind}/{name} is gone"


def _moved(told: Told, done: Done) -> Iterator[str]:
    """The numbers of SIMs that the text says move, stop and get settings are the numbers that did."""
    flows: Counter[tuple[str | None, str | None]] = Counter()
    states: Counter[str] = Counter()
    edited = 0
    for iccid, sim in done.after["endpoints"].items():
        old = done.before["endpoints"][iccid]
        if sim["endpointGroup"] != old["endpointGroup"]:
            flows[old["endpointGroup"], sim["endpointGroup"]] += 1
        if sim["endpointStatus"] != old["endpointStatus"] and old["endpointStatus"] != "pending":
            states[sim["endpointStatus"]] += 1
        edited += sim["name"] != old["name"] or sim["tags"] != old["tags"]
    if done.code != 0:
        return
    said: Counter[tuple[str | None, str | None]] = Counter()
    for number, source, target in re.findall(r"> ([\d,]+) SIMs? moves? from (\S+) to (\S+)", told.text):
        said[source, target] += int(number.replace(",", ""))
    for number, target in re.findall(r"> ([\d,]+) SIMs? go(?:es)? into service in (\S+)", told.text):
        said[None, target] += int(number.replace(",", ""))
    if said != flows:
        yield f"moves are shown as {dict(said)} and were {dict(flows)}"
    stopped = sum(int(n.replace(",", "")) for n in re.findall(r"~ ([\d,]+) SIMs? will be suspended", told.text))
    if stopped != states["suspended"]:
        yield f"{stopped} suspensions are shown, {states['suspended']} were made"
    named = sum(int(n.replace(",", "")) for n in re.findall(r"~ ([\d,]+) SIMs? gets? other settings", told.text))
    if named != edited:
        yield f"{named} edits are shown, {edited} were made"


def _stated(told: Told, done: Done) -> Iterator[str]:
    """The SIMs of the groups that a change reaches, counted on the platform, are the ones that the text counts."""
    if done.code != 0:
        return
    sizes = Counter(sim["endpointGroup"] for sim in done.before["endpoints"].values())
    for address, reached in (
        ("EndpointGroup/fleet-uk", sizes["fleet-uk"]),
        ("EndpointGroup/fleet-de", sizes["fleet-de"]),
    ):
        found = re.search(rf"~ {address} .*\n +([\d,]+) SIMs,", told.text)
        # A few more or fewer are tolerated (F26): SIMs come and go between a plan and its apply.
        if found and abs(int(found[1].replace(",", "")) - reached) > _TOLERATED:
            yield f"{address} is shown to reach {found[1]} SIMs and reaches {reached}"
