"""A client of the platform's wire format that knows nothing of our codec, and the bodies that tests start from."""

import json
from typing import Any
from urllib.parse import quote

import httpx2

from reconciler.simulator.application import Simulator

TOKEN = "0123456789abcdef-test"
NOT_FOUND = ["Record not found"]


class Client:
    """Calls one platform, in process or over HTTP."""

    def __init__(self, simulator: Simulator, url: str | None = None, *, token: str = TOKEN) -> None:
        self.simulator = simulator
        transport = httpx2.WSGITransport(app=simulator.wsgi) if url is None else None
        self.http = httpx2.Client(
            transport=transport,
            base_url=url or "http://simulator.invalid/api/v1",
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            trust_env=False,
        )

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The answer's JSON; the status must be 200, as it always is by default."""
        content = None if body is None else json.dumps(body).encode()
        response = self.http.request(method, path, content=content)
        assert response.status_code == 200, response.text
        assert response.headers["X-Simulator"] == "reconciler"
        answer = response.json()
        assert isinstance(answer, dict)
        return answer

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        """The data of an answer that must be a success."""
        answer = self.call(method, path, body)
        assert answer["success"] is True, answer
        assert answer["messages"] == []
        return answer["data"]

    def get(self, path: str) -> Any:
        """The data of a GET."""
        return self.ok("GET", path)

    def refused(self, method: str, path: str, body: Any = None) -> str:
        """The message of an answer that must be a refusal, and must have changed nothing."""
        before = self.simulator.dump()
        answer = self.call(method, path, body)
        assert answer["success"] is False, answer
        assert len(answer["messages"]) == 1
        assert answer["messages"] != NOT_FOUND
        assert self.simulator.dump() == before
        return str(answer["messages"][0])

    def create(self, collection: str, body: dict[str, Any]) -> str:
        """Create an object; its id."""
        key = self.ok("POST", f"/{collection}", body)
        assert isinstance(key, str)
        return key


def escaped(text: str) -> str:
    """One path segment."""
    return quote(text, safe="")


def vslice(moniker: str = "vee-1", **more: Any) -> dict[str, Any]:
    """A VSlice as the platform's own provider writes it."""
    body = {
        "name": "A VSlice",
        "moniker": moniker,
        "dnsServers": None,
        "dnsMode": "auto",
        "ipAddressFamily": "ipv4",
        "subnetAddress": "100.64.0.0/10",
        "ipAllocationType": "static",
        "eventMap": "",
    }
    return body | more


def target(moniker: str = "internet-1", **more: Any) -> dict[str, Any]:
    """An internet target as the platform's own provider writes it."""
    body: dict[str, Any] = {
        "name": "A target",
        "moniker": moniker,
        "routingTargetType": "internet",
        "routingRedundancyZoneMoniker": "europe-primary",
        "configurationData": {},
        "subnetAddress": "",
        "vslice": "vee-1",
        "routingTargetTypeInstanceId": "dc14-prod-nat-01a",
    }
    return body | more


EMPTY_VPN = {
    "localSubnets": "",
    "remoteSubnets": "",
    "remotePeerAddress": "",
    "remoteEncryptionDomain": "",
    "localEncryptionDomain": "",
    "presharedKey": "",
    "keyExchangeType": "",
    "vpnIkeOption": "",
    "vpnEspOption": "",
    "phase1Lifetime": 0,
    "phase2Lifetime": 0,
}
VPN = {
    "localSubnets": "10.0.0.0/8",
    "remoteSubnets": "192.168.0.0/16",
    "remotePeerAddress": "192.168.1.1",
    "remoteEncryptionDomain": "example_domain",
    "localEncryptionDomain": "example_local_domain",
    "presharedKey": "example_preshared_key",
    "keyExchangeType": "ikev2",
    "vpnIkeOption": "aes128-sha1-modp1024",
    "vpnEspOption": "aes128-sha1-modp1024",
    "phase1Lifetime": 100,
    "phase2Lifetime": 200,
}
WIREGUARD = {
    "localSubnets": "10.0.0.0/8",
    "localPublicKey": "",
    "remotePublicKey": "10.0.0.0/8",
    "remoteSubnets": "192.168.0.0/16",
    "remotePeerIPAddress": "192.168.1.5",
    "remotePeerPortNumber": 0,
}
EMPTY_WIREGUARD = dict.fromkeys(WIREGUARD, "") | {"remotePeerPortNumber": 0}


def rule(**more: Any) -> dict[str, Any]:
    """A rule that drops, as the platform's own provider writes it."""
    body: dict[str, Any] = {
        "description": "drop packets.",
        "ruleAction": "drop",
        "ruleDirection": "uplink",
        "sourceIpPattern": None,
        "destinationIpPattern": None,
        "divertIp": None,
        "divertPort": None,
        "transportProtocol": None,
        "sourcePortPattern": None,
        "destinationPortPattern": None,
        "routingTarget": None,
        "reflexive": True,
        "regionalGateway": None,
        "enabled": True,
    }
    return body | more


def policy(moniker: str = "policy-1", *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A routing policy."""
    body: dict[str, Any] = {
        "name": "A policy",
        "moniker": moniker,
        "vslice": "vee-1",
        "routingPolicyStatus": "active",
        "routingPolicyRules": list(rules),
        "routingPolicyEdgeServices": [],
        "rateLimitUplinkMoniker": "1mbits",
        "rateLimitDownlinkMoniker": "",
        "packetDiscardUplinkPercentage": 5,
        "packetDiscardDownlinkPercentage": 70,
    }
    return body | more


def handler(moniker: str = "handler-1", url: str = "https://x", **more: Any) -> dict[str, Any]:
    """A webhook."""
    config = {"bearerToken": None, "username": None, "password": None, "timeout": "10", "url": url} | more
    return {
        "name": "A handler",
        "moniker": moniker,
        "configurationData": {"webhookConfig": config},
        "eventEndpointType": "webhook",
    }


def event_map(moniker: str = "map-01", scope: str = "vslice", *events: str) -> dict[str, Any]:
    """An event map whose events go to handler-1."""
    wanted = [{"eventEndpointId": "handler-1", "eventTypeId": event} for event in events]
    return {"name": "A map", "moniker": moniker, "eventScope": scope, "subscriptions": wanted or None}


def operator_entry(iso3: str | None = None, operator: int | None = None, action: str = "allow") -> dict[str, Any]:
    """An entry of an operator policy."""
    return {"operatorId": operator, "iso3": iso3, "steeringProfileEntryAction": action}


def regional_entry(iso3: str | None = None, operator: int | None = None, gateway: str = "europe") -> dict[str, Any]:
    """An entry of a regional policy."""
    return {"regionalGatewayId": gateway, "operatorId": operator, "iso3": iso3}


def with_entries(moniker: str, *entries: dict[str, Any]) -> dict[str, Any]:
    """An operator or regional policy."""
    return {"name": "A policy", "moniker": moniker, "entries": list(entries) or None}


def edge_service(moniker: str = "router-ui", **more: Any) -> dict[str, Any]:
    """An edge service."""
    body: dict[str, Any] = {
        "name": "Router UI",
        "moniker": moniker,
        "edgeServiceType": "remoteaccessproxy",
        "instanceConfiguration": {"port": 80, "protocol": "http", "aclMode": "", "basicAuthenticationEnabled": False},
    }
    return body | more


def group(moniker: str = "group-1", **more: Any) -> dict[str, Any]:
    """An endpoint group as the platform's own provider writes it."""
    body: dict[str, Any] = {
        "name": "A group",
        "moniker": moniker,
        "eventMap": None,
        "routingPolicy": None,
        "steeringProfile": None,
        "regionalGatewayPolicy": "automatic",
        "ipAllocationType": "static",
        "vslice": "vee-1",
    }
    return body | more


def secondary(moniker: str, apn: str | None, **more: Any) -> dict[str, Any]:
    """A secondary group."""
    return group(moniker, endpointGroupType="secondary", apn=apn, **more)


def iccid(number: int) -> str:
    """A valid ICCID of nineteen digits."""
    body = f"894450{number:012d}"
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body)))
    return body + str(-sum(value // 10 + value % 10 for value in doubled) % 10)
