"""Words and types that this version does not know: exported around, kept by every edit, never converted."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.simulator.application import Simulator
from tests.accounts.platform import platform

pytestmark = pytest.mark.slow


class _Newer(Simulator):
    """A platform that answers a few words of its future."""

    words: Mapping[str, str] = {"reflect": "mirror", "smpp": "kafka", "icmp": "sctp"}

    def wsgi(self, environ: Mapping[str, Any], start_response: Any) -> list[bytes]:
        """The answer of the simulator with other words, and the simulator's words for what is written."""
        kept: list[Any] = []
        content = b"".join(super().wsgi(environ, lambda *told: kept.append(told)))
        if environ["REQUEST_METHOD"] == "GET":
            for old, new in self.words.items():
                content = content.replace(json.dumps({"moniker": old})[1:-1].replace(" ", "").encode(),
                                          json.dumps({"moniker": new})[1:-1].replace(" ", "").encode())  # fmt: skip
        status, headers = kept[-1][:2]
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start_response(status, [*headers, ("Content-Length", str(len(content)))])
        return [content]


def test_unknown_words_are_kept_and_the_rest_is_managed(tmp_path: Path) -> None:
    """Export is valid and plans to nothing, an edit sends the unknown words as they are, a creation is refused."""
    simulator, folder = _Newer(), tmp_path / "estate"
    with platform(simulator) as account:
        account.client = account.reader
        account.network()
        rules = [
            {"description": "Mirror", "ruleAction": "reflect", "ruleDirection": "uplink", "transportProtocol": "icmp"},
            {"description": "End", "ruleAction": "drop", "ruleDirection": "uplink"},
        ]
        account.made("RoutingPolicies", moniker="new-words", name="New", vslice="main-net", routingPolicyRules=rules)
        account.made(
            "EventHandlers", moniker="handler", name="Handler", eventEndpointType="smpp",
            configurationData={"smppConfig": {"host": "smsc.example", "password": "p"}},
        )  # fmt: skip
        exported = account.run("export", str(folder))
        assert exported.exit_code == 0, exported.output
        policies = (folder / "routing-policies.yaml").read_text(encoding="utf-8")
        assert "reconciler.dev/unmanaged: rules[mirror].action, rules[mirror].match.protocol" in policies
        assert "name: handler" in (folder / "event-handlers.yaml").read_text(encoding="utf-8")
        assert account.run("validate", "-C", str(folder)).exit_code == 0
        adopted = account.run("apply", "-C", str(folder), "--adopt", "--auto-approve")
        assert adopted.exit_code == 0, adopted.output
        assert account.run("plan", "-C", str(folder), "--detailed-exitcode").exit_code == 0

        account.simulator.clear_log()
        text = policies.replace("displayName: New", "displayName: Newer").replace("description: End", "description: X")
        (folder / "routing-policies.yaml").write_text(text, encoding="utf-8")
        account.run("apply", "-C", str(folder), "--auto-approve")
        sent = [body for method, path, body in account.written() if method == "PUT"]
        assert [rule["ruleAction"] for rule in sent[0]["routingPolicyRules"]] == ["mirror", "drop"]
        assert [rule["transportProtocol"] for rule in sent[0]["routingPolicyRules"]] == ["sctp", None]
        assert [rule["description"] for rule in sent[0]["routingPolicyRules"]] == ["Mirror", "X"]

        (folder / "routing-policies.yaml").write_text(text.replace("name: new-words", "name: other-words"), "utf-8")
        assert account.run("plan", "-C", str(folder)).exit_code == 8
