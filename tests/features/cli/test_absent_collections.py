"""A collection that the account does not have is absent, unless something of it is declared or owned."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.simulator.application import Simulator
from tests.accounts.platform import platform

pytestmark = pytest.mark.slow


class _Smaller(Simulator):
    """A platform whose account has no event maps, and from a moment on nothing else of the `gone` either."""

    gone: tuple[str, ...] = ("/eventmaps",)

    def wsgi(self, environ: Mapping[str, Any], start_response: Any) -> list[bytes]:
        """The answer of the simulator, 404 for what is gone."""
        if any(name in str(environ["PATH_INFO"]).lower() for name in self.gone):
            start_response("404 Not Found", [("Content-Type", "text/html"), ("Content-Length", "0")])
            return [b""]
        return super().wsgi(environ, start_response)


def test_a_kind_that_the_account_does_not_have_is_absent(tmp_path: Path) -> None:
    """Export, plan, apply and drift work without it; a declaration of it, or an object of ours in it, is refused."""
    simulator = _Smaller()
    folder = tmp_path / "estate"
    with platform(simulator) as account:
        account.client = account.reader
        account.network()
        assert account.run("export", str(folder)).exit_code == 0
        assert account.run("apply", "-C", str(folder), "--adopt", "--auto-approve").exit_code == 0
        assert account.run("plan", "-C", str(folder), "--detailed-exitcode").exit_code == 0
        assert account.run("drift", "-C", str(folder)).exit_code == 0

        simulator.gone = ("/eventmaps", "/routingpolicies")
        refused = account.run("drift", "-C", str(folder))
        assert (refused.exit_code, "RoutingPolicies" in refused.output) == (10, True)
        assert account.run("plan", "-C", str(folder)).exit_code == 10

        simulator.gone = ("/eventmaps",)
        spec = (
            "apiVersion: reconciler.dev/v1alpha1\nkind: EventMap\nmetadata: {name: a-new-map}\nspec: {scope: account}\n"
        )
        (folder / "map.yaml").write_text(spec, encoding="utf-8")
        assert account.run("plan", "-C", str(folder)).exit_code == 10


def test_an_account_without_any_collection_is_a_wrong_address(tmp_path: Path) -> None:
    """All collections are absent: the error speaks of the address, as before."""
    simulator = _Smaller()
    simulator.gone = ("/",)
    with platform(simulator) as account:
        assert account.run("export", str(tmp_path / "estate")).exit_code == 10
