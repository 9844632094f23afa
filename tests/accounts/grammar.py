"""
Accounts that people made: a grammar over everything that the platform accepts, spoken through its own requests.

It knows no manifest, and nothing of the codec: bodies have members in any case, null, blank and absent members, words
in any case, numbers as texts where the platform takes them. Refused requests are left out, so it may overshoot.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.accounts.words import (
    ADDRESSES,
    COUNTRIES,
    EVENTS,
    MONIKERS,
    NETWORKS,
    PATTERNS,
    PORTS,
    RATES,
    TAGS,
    TEXTS,
    URLS,
    case_of,
    text_of,
)
from tests.conformance.client import Client, escaped
from tests.features.sims.estate import iccids

_NONE = object()


@dataclass
class Account:
    """The objects that were made, by collection, and how many requests were accepted and refused."""

    made: dict[str, list[str]] = field(default_factory=dict)
    accepted: int = 0
    refused: list[str] = field(default_factory=list)
    sims: list[str] = field(default_factory=list)

    def of(self, *collections: str) -> list[str]:
        """The monikers of some collections."""
        return [moniker for name in collections for moniker in self.made.get(name, ())]


class Grammar:
    """Draws an account and makes it through a client. `is_plain`: only values that a manifest can say."""

    def __init__(self, random: Random, client: Client, *, is_plain: bool = False) -> None:
        self.random = random
        self.client = client
        self.is_plain = is_plain
        self.account = Account()
        self.vslice_of: dict[str, str] = {}

    def fill(self, size: int = 2) -> Account:
        """Make an account; each kind of object up to `size` times and a little."""
        draw = self.random
        for number in range(1, draw.randint(1, size) + 1):
            self._vslice(number)
        for _ in range(draw.randint(0, size)):
            self._make(
                "OperatorPolicies",
                allow2g=self._maybe(self._flag),
                allow3g=self._maybe(self._flag),
                entries=self._maybe(lambda: self._entries(self._steered)),
            )
            self._make("RegionalPolicies", entries=self._maybe(lambda: self._entries(self._gated)))
        for _ in range(draw.randint(1, size + 1)):
            self._handler()
            self._map()
        for vslice in self.account.of("vslices"):
            self._inside(vslice, size)
        self._sims(draw.randint(0, 12))
        self._later()
        return self.account

    def _inside(self, vslice: str, size: int) -> None:
        draw = self.random
        for _ in range(draw.randint(1, size)):
            self._target(vslice)
        for _ in range(draw.randint(0, size)):
            self._edge_service(vslice)
        for _ in range(draw.randint(1, size)):
            self._policy(vslice)
        for _ in range(draw.randint(1, size + 1)):
            self._group(vslice)

    # Texts as people write them.

    def _text(self, longest: int = 50) -> str:
        return (
            self.random.choice(("Fleet UK", "a name", "Ünï", "yes", "010"))
            if self.is_plain
            else text_of(self.random, longest)
        )

    def _moniker(self, collection: str) -> str:
        draw = self.random
        if self.is_plain or collection == "EndpointGroups" or draw.random() < 0.4:
            return f"{draw.choice(('fleet', 'x_y', '9lives'))}-{draw.randrange(10**6)}"
        return draw.choice((*MONIKERS, f"m{draw.randrange(100)}"))

    def _word(self, *words: str) -> str:
        return case_of(self.random, self.random.choice(words))

    def _flag(self) -> bool:
        return self.random.random() < 0.5

    def _maybe(self, make: Callable[[], Any]) -> Any:
        """The value, null, or nothing at all."""
        chance = self.random.random()
        return make() if chance < 0.6 else None if chance < 0.8 else _NONE

    def _one_of(self, *collections: str, vslice: str | None = None) -> Any:
        found = self.account.of(*collections)
        if vslice is not None:
            found = [one for one in found if self.vslice_of.get(one) in {vslice, None}]
        return self.random.choice(found) if found else None

    def _make(self, collection: str, /, **body: Any) -> str | None:
        moniker = self._moniker(collection)
        members = {"moniker": moniker, "name": self._text(), **body}
        if not self._send("POST", f"/{collection}", members):
            return None
        self.account.made.setdefault(collection, []).append(moniker)
        if isinstance(body.get("vslice"), str):
            self.vslice_of[moniker] = body["vslice"]
        return moniker

    def _send(self, method: str, path: str, body: Any) -> bool:
        answer = self.client.http.request(method, path, json=_cleaned(body, self.random))
        content = answer.json() if answer.headers.get("Content-Type", "").startswith("application/json") else {}
        if answer.status_code == 200 and content.get("success"):
            self.account.accepted += 1
            return True
        self.account.refused.append(f"{method} {path}: {content}")
        return False

    # The kinds.

    def _vslice(self, number: int) -> None:
        mode = self.random.choice(("auto", "custom"))
        moniker = self._make(
            "vslices",
            subnetAddress=f"10.{number * 16}.0.0/16",
            dnsMode=case_of(self.random, mode),
            dnsServers=self.random.sample(ADDRESSES, 2) if mode == "custom" else None,
            apnPattern=self._maybe(lambda: self.random.choice(("*.flex", "*", "Fleet.*", " spaced.* "))),
            ipAllocationType=self._maybe(lambda: self._word("static", "pooled")),
        )
        for place in range(self.random.randint(0, 2) if moniker else 0):
            more = {
                "subnetAddress": f"10.{number * 16 + place + 1}.0.0/16",
                "ipAllocationType": self._maybe(lambda: "pooled"),
            }
            self._send("POST", f"/vslices/{moniker}/subnets", more)

    def _entries(self, value: Callable[[], dict[str, Any]]) -> list[dict[str, Any]]:
        draw = self.random
        found = [{"iso3": None, "operatorId": None, **value()}] if draw.random() < 0.7 else []
        countries = ("GBR", "DEU", "NOR") if self.is_plain else COUNTRIES
        found += [
            {"iso3": country, "operatorId": self._maybe(lambda: draw.choice((122, 2145, 999999))), **value()}
            for country in draw.sample(countries, draw.randint(0, 3))
        ]
        return found

    def _steered(self) -> dict[str, Any]:
        words = ("allow", "reject-hard") if self.is_plain else ("allow", "reject-hard", "reject-soft")
        return {"steeringProfileEntryAction": self._word(*words)}

    def _gated(self) -> dict[str, Any]:
        return {"regionalGatewayId": self._word("europe", "north-america", "asia-pacific")}

    def _handler(self) -> None:
        draw = self.random
        if draw.random() < 0.7:
            url = draw.choice(URLS[:2] if self.is_plain else URLS)
            timeouts = ("5", "30") if self.is_plain else ("5", 30, "007", "120")
            config = {
                "url": url,
                "timeout": self._maybe(lambda: draw.choice(timeouts)),
                "bearerToken": self._maybe(lambda: "token-token-token"),
            }
            config |= self._basic("username", "password")
            body = {"eventEndpointType": self._word("webhook"), "configurationData": {"webhookConfig": config}}
        else:
            config = {
                "host": draw.choice(("smpp.example.com", "198.51.100.3", "SMPP.example.com")),
                "port": self._maybe(lambda: 2775),
            }
            config |= {
                "systemId": self._maybe(self._text),
                "systemType": self._maybe(self._text),
                "password": self._maybe(lambda: "smpp-password"),
            }
            body = {"eventEndpointType": "smpp", "configurationData": {"smppConfig": config}}
        if not self.is_plain and draw.random() < 0.2:
            body["vslice"] = self._one_of("vslices")
        self._make("EventHandlers", **body)

    def _basic(self, *members: str) -> dict[str, Any]:
        """A user with a password, or one of the two, or none."""
        chance = self.random.random()
        if chance < 0.4 or self.is_plain:
            given = ("a-user", "a-password-of-length") if chance < 0.4 else (None, None)
            return dict(zip(members, given, strict=True))
        return {members[0]: self._maybe(lambda: "a-user"), members[1]: self._maybe(lambda: "a-password-of-length")}

    def _map(self) -> None:
        scope = self.random.choice(("global", "vslice", "endpoint"))
        pairs = {(self._one_of("EventHandlers"), self.random.choice(EVENTS)) for _ in range(self.random.randint(0, 4))}
        rows = [
            {"eventEndpointId": handler, "eventTypeId": event}
            for handler, event in sorted(map(_texts, pairs))
            if handler
        ]
        moniker = self._make("EventMaps", eventScope=case_of(self.random, scope))
        for row in rows if moniker else ():
            self._send("POST", f"/EventMaps/{moniker}/subscriptions", row)

    def _target(self, vslice: str) -> None:
        draw = self.random
        kind = draw.choice(("internet", "vpn", "wireguard"))
        subnets = ",".join(draw.sample(NETWORKS, 2))
        blocks = {
            "vpn": {
                "vpnConfig": {
                    "presharedKey": "a-preshared-key-12",
                    "remotePeerAddress": draw.choice(ADDRESSES),
                    "remoteSubnets": subnets,
                    "localSubnets": self._maybe(lambda: subnets),
                    "keyExchangeType": self._maybe(lambda: self._word("ikev1", "ikev2")),
                    "phase1Lifetime": self._maybe(lambda: 3600),
                    "vpnIkeOption": self._maybe(lambda: "aes256-sha256-modp2048"),
                    "remoteEncryptionDomain": self._maybe(self._text),
                    "localEncryptionDomain": self._maybe(self._text),
                }
            },
            "wireguard": {
                "wireGuardConfig": {
                    "remotePublicKey": "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd28=",
                    "remotePeerIPAddress": self._maybe(lambda: draw.choice(ADDRESSES)),
                    "remoteSubnets": self._maybe(lambda: subnets),
                    "localSubnets": self._maybe(lambda: "10.20.0.0/16, 10.30.0.0/16"),
                    "remotePeerPortNumber": self._maybe(lambda: 51821),
                }
            },
            "internet": None,
        }
        zones = ("europe-primary", "north-america-secondary")
        self._make(
            "routingtargets",
            vslice=vslice,
            routingTargetType=case_of(draw, kind),
            routingRedundancyZoneMoniker=draw.choice(zones),
            configurationData=blocks[kind],
        )

    def _edge_service(self, vslice: str) -> None:
        draw = self.random
        config = {
            "port": self._maybe(lambda: 8080),
            "protocol": self._maybe(lambda: draw.choice(("http", "https"))),
            "aclMode": self._maybe(lambda: self._word("allow", "deny", "")),
            "aclIpAddresses": self._maybe(lambda: ", ".join(draw.sample(PATTERNS, 2))),
            "trustInsecureCertificate": self._maybe(self._flag),
            "basicAuthenticationEnabled": self._maybe(self._flag),
            **self._basic("username", "password"),
        }
        if self.is_plain:
            # A user who is kept while authentication is off, and addresses without a mode, are for no field.
            config["basicAuthenticationEnabled"] = config["username"] is not None
            if config["aclMode"] in {None, "", _NONE}:
                config["aclIpAddresses"] = None
            else:
                config["aclIpAddresses"] = PATTERNS[0]
        where = draw.choice((vslice, None))
        self._make(
            "edgeservices",
            vslice=where,
            edgeServiceType="remoteaccessproxy",
            instanceConfiguration=self._maybe(lambda: config),
        )

    def _policy(self, vslice: str) -> None:
        draw = self.random
        services = [
            {
                "moniker": "remoteaccessproxy",
                "enabled": self._flag(),
                "edgeServiceInstanceIds": [one for one in [self._one_of("edgeservices", vslice=vslice)] if one],
            }
        ]
        if self.is_plain and not services[0]["edgeServiceInstanceIds"]:
            services[0]["enabled"] = False
        rules = [self._rule(vslice) for _ in range(draw.randint(0, 6))]
        if rules and draw.random() < 0.3:
            rules.append(dict(draw.choice(rules)))
        self._make(
            "RoutingPolicies",
            vslice=vslice,
            routingPolicyStatus=self._maybe(lambda: self._word("active", "inactive")),
            rateLimitUplinkMoniker=self._maybe(lambda: draw.choice(RATES)),
            rateLimitDownlinkMoniker=self._maybe(lambda: draw.choice(RATES)),
            packetDiscardUplinkPercentage=self._maybe(lambda: draw.choice((0, 5, 100))),
            routingPolicyRules=rules,
            routingPolicyEdgeServices=self._maybe(lambda: services),
        )

    def _rule(self, vslice: str) -> dict[str, Any]:
        draw = self.random
        action = draw.choice(("forward", "forward", "drop", "reflect"))
        protocol = draw.choice((None, "tcp", "udp", "icmp"))
        rule: dict[str, Any] = {
            "ruleAction": case_of(draw, action),
            "ruleDirection": self._word("uplink", "downlink"),
            "transportProtocol": protocol,
            "description": self._maybe(lambda: self._text(200)),
            "sourceIpPattern": self._maybe(lambda: draw.choice(PATTERNS[:1] if self.is_plain else PATTERNS)),
            "destinationIpPattern": self._maybe(lambda: draw.choice(PATTERNS[:1] if self.is_plain else PATTERNS)),
            "reflexive": self._maybe(self._flag),
            "enabled": self._maybe(self._flag),
            "regionalGateway": self._maybe(lambda: self._word("europe", "asia-pacific")),
            "routingTarget": self._one_of("routingtargets", vslice=vslice) if action == "forward" else None,
        }
        if protocol in {"tcp", "udp"}:
            ports = ("443", "8000-8080") if self.is_plain else PORTS
            rule["destinationPortPattern"] = self._maybe(lambda: draw.choice((*ports, 443)))
            rule["sourcePortPattern"] = self._maybe(lambda: draw.choice(ports))
            if draw.random() < 0.2:
                rule |= {"divertIp": draw.choice(ADDRESSES), "divertPort": draw.choice(("8080", 8080))}
        return rule

    def _group(self, vslice: str) -> None:
        draw = self.random
        is_secondary = draw.random() < 0.3
        moniker = self._make(
            "EndpointGroups",
            vslice=vslice,
            endpointGroupType=case_of(draw, "secondary") if is_secondary else self._maybe(lambda: "primary"),
            apn=f"a{draw.randrange(10**5)}.flex" if is_secondary else None,
            routingPolicy=self._maybe(lambda: self._one_of("RoutingPolicies", vslice=vslice)),
            regionalGatewayPolicy=draw.choice((*self.account.of("RegionalPolicies"), "automatic")),
            steeringProfile=self._maybe(lambda: self._one_of("OperatorPolicies")),
            eventMap=self._maybe(lambda: self._one_of("EventMaps")),
            subscriptionType=self._maybe(lambda: self._word("standard", "premium")),
            ipAllocationType=self._maybe(lambda: self._word("static", "pooled")),
            sessionInactivityTime=600 if self.is_plain else self._maybe(lambda: 600),
            sessionInactivityAction=self._maybe(lambda: self._word("notify", "notify-terminate")),
        )
        if moniker and is_secondary:
            self.account.made["EndpointGroups"].remove(moniker)
            self.account.made.setdefault("secondary", []).append(moniker)

    def _sims(self, count: int) -> None:
        draw = self.random
        numbers = iccids(count, draw.randrange(10**6))
        self.client.simulator.put_sims(numbers)
        self.account.sims = numbers
        tags = ("north", "x y") if self.is_plain else TAGS
        texts = ("Lorry", "a,b") if self.is_plain else TEXTS
        for number in numbers:
            group = (
                draw.choice((*self.account.of("EndpointGroups"), None)) if self.account.of("EndpointGroups") else None
            )
            if group is not None:
                self._send("POST", "/endpoints/assign", {"endpointGroup": group, "endpoints": [number]})
            edit = {
                "name": self._maybe(lambda: draw.choice(texts)),
                "tags": self._maybe(lambda: draw.sample(tags, 2)),
                "reference": self._maybe(lambda: f"{draw.choice(('HGV', ' R', '=1'))}-{draw.randrange(10**6)}"),
                "imeiLock": self._maybe(lambda: f"{draw.randrange(10**15):015}"),
            }
            self._send("PUT", f"/endpoints/{number}", edit)
            if draw.random() < 0.3:
                self._send(
                    "PUT", f"/endpoints/{number}/status", {"endpointStatus": draw.choice(("suspended", "terminated"))}
                )

    def _later(self) -> None:
        """Associations and references that need what was made later."""
        for primary, secondary in _pairs(self.random, self.account.of("EndpointGroups"), self.account.of("secondary")):
            self._send("POST", f"/EndpointGroups/{primary}/secondarygroups", {"moniker": secondary})
        for vslice in self.account.of("vslices"):
            chosen = self._one_of("EventMaps")
            body = self.client.get(f"/vslices/{escaped(vslice)}")
            if chosen and self.random.random() < 0.5:
                self._send(
                    "PUT", f"/vslices/{escaped(vslice)}", {"moniker": vslice, "name": body["name"], "eventMap": chosen}
                )


def _pairs(random: Random, first: list[str], second: list[str]) -> Iterator[tuple[str, str]]:
    for other in second if first else ():
        if random.random() < 0.7:
            yield random.choice(first), other


def _texts(pair: tuple[Any, str]) -> tuple[str, str]:
    return (pair[0] or "", pair[1])


def _cleaned(body: Any, random: Random) -> Any:
    """The body without absent members, with its members in another case now and then."""
    if isinstance(body, dict):
        return {
            case_of(random, name) if random.random() < 0.05 else name: _cleaned(value, random)
            for name, value in body.items()
            if value is not _NONE
        }
    return [_cleaned(one, random) for one in body] if isinstance(body, list) else body
