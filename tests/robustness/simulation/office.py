"""
A team at work with the command line in this process: an estate in a folder, a store file, the embedded platform.

The wanted state of the platform is a plain dict, written from what the rules of the machine did, never from our code.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.control_plane.transport import HttpAnswer, Transport
from reconciler.simulator.application import Simulator
from reconciler.simulator.routes import Request
from reconciler.simulator.settings import Settings
from reconciler.store.store import Store
from tests.features.sims.estate import HEAD, NETWORK, groups, iccids, listed
from tests.robustness.simulation.baton import Killed
from tests.robustness.simulation.history import check_spec

GROUPS = ("fleet-uk", "fleet-de")
SIMS = tuple(iccids(4))
KINDS = {"OperatorPolicy": "OperatorPolicies", "RegionalPolicy": "RegionalPolicies", "VSlice": "vslices"}
REFUSED = 3
HARMLESS = frozenset({0, 2, 3, 4, 5, 6, 7, 9, 10, 11})
"""Every documented exit code that is neither a bug nor wrong usage nor a wrong manifest."""


class Office:
    """`specs` and `places` are what the manifests say; `human_ended` the SIMs that somebody terminated."""

    def __init__(self) -> None:
        self._exits = ExitStack()
        self.folder = Path(self._exits.enter_context(tempfile.TemporaryDirectory(prefix="reconciler-office-")))
        self._exits.enter_context(patch.dict(os.environ, {"STACUITY_HOST": "embedded", "STACUITY_TOKEN": "token"}))
        self._home = Path.cwd()
        os.chdir(self.folder)
        self.specs: dict[str, dict[str, Any]] = {}
        self.places: dict[str, str] = {}
        self.human_ended: set[str] = set()
        self.adopts = False
        self.writes = 0
        self.configure()
        self.declare()
        assert self.run("apply", "--auto-approve").exit_code == 0
        with self.platform() as platform:
            platform.put_sims(SIMS, GROUPS[0])

    def close(self) -> None:
        """Go home."""
        os.chdir(self._home)
        self._exits.close()

    def configure(self) -> None:
        """The estate's configuration."""
        text = f"{HEAD}kind: Estate\nmetadata: {{name: office}}\nspec: {{manifests: [estate/]}}\n"
        (self.folder / "reconciler.yaml").write_text(text, encoding="utf-8")

    def declare(self) -> None:
        """Write the manifests."""
        documents = [NETWORK, groups(*GROUPS)]
        for group in GROUPS:
            members = [iccid for iccid, place in self.places.items() if place == group]
            if members:
                documents.append(listed(f"set-{group}", group, members))
        parts = [part for document in documents for part in document.split("---\n") if part.strip()]
        for name, spec in self.specs.items():
            kind, _, moniker = name.partition("/")
            parts.append(f"kind: {kind}\nmetadata: {{name: {moniker}}}\nspec: {json.dumps(spec)}\n")
        folder = self.folder / "estate"
        folder.mkdir(exist_ok=True)
        (folder / "all.yaml").write_text("---\n".join(HEAD + part.lstrip() for part in parts), encoding="utf-8")

    def run(self, *arguments: str) -> Result:
        """One command, as if in a process of its own."""
        return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)

    def apply(self, *arguments: str) -> int:
        """Apply; no exit code but the documented ones."""
        flags = ("--auto-approve", "--adopt") if self.adopts else ("--auto-approve",)
        result = self.run("apply", *(arguments or flags))
        # A person reads the refusal and gives the consent that its last line prints.
        consents = re.findall(r"--allow \w+=\d+", result.output.splitlines()[-1]) if result.exit_code == REFUSED else []
        if consents:
            result = self.run("apply", *(arguments or flags), *" ".join(consents).split())
        assert result.exit_code in HARMLESS, (result.exit_code, result.output)
        return int(result.exit_code)

    @contextmanager
    def disturbed(self, moment: int, what: str) -> Iterator[None]:
        """From this touch of store or platform on: the process is gone, or the token is no longer accepted."""
        count = 0

        def is_struck() -> bool:
            nonlocal count
            count += 1
            return count > moment

        send, transaction = Transport.send, Store._transaction

        def sending(transport: Transport, method: str, path: str, content: bytes | None = None) -> HttpAnswer:
            if is_struck():
                if what == "kill":
                    raise Killed
                return HttpAnswer(401, b"")
            return send(transport, method, path, content)

        def transacting(store: Store, *arguments: Any) -> Any:
            if what == "kill" and is_struck():
                raise Killed
            return transaction(store, *arguments)

        with patch.object(Transport, "send", sending), patch.object(Store, "_transaction", transacting):
            yield

    @contextmanager
    def platform(self) -> Iterator[Simulator]:
        """The platform, for somebody at the portal and for those who check."""
        place = self.folder / ".reconciler" / "platform.db"
        simulator = Simulator(place, settings=Settings(webhooks="off"))
        try:
            yield simulator
        finally:
            simulator.close()

    def portal(self, method: str, path: str, body: Any = None) -> bool:
        """A request of somebody at the portal; whether it was taken."""
        with self.platform() as platform:
            answer = platform.execute(Request(method, path, {}, body, platform.time()))
        return bool(json.loads(answer.content()).get("success"))

    def keep(self) -> None:
        """Back the store up."""
        shutil.copyfile(self.folder / ".reconciler" / "state.db", self.folder / "backup.db")

    def restore(self) -> bool:
        """Put the backup in place of the store; whether there was one."""
        backup = self.folder / "backup.db"
        if not backup.exists():
            return False
        state = self.folder / ".reconciler" / "state.db"
        for beside in ("-wal", "-shm"):
            state.with_name(state.name + beside).unlink(missing_ok=True)
        shutil.copyfile(backup, state)
        state.chmod(0o600)
        return True

    # --- oracles ------------------------------------------------------------------------------------------------------

    def contents(self) -> dict[str, Any]:
        """The contents of the platform."""
        with self.platform() as platform:
            return platform.dump()

    def check_declared(self) -> None:
        """The platform has what the manifests say (e), and nobody was terminated but by a human (f)."""
        shown = self.contents()
        for name, spec in self.specs.items():
            check_spec(name, spec, shown)
        for iccid, sim in shown["endpoints"].items():
            is_ended = sim["endpointStatus"] == "terminated"
            assert is_ended == (iccid in self.human_ended), iccid
            if not is_ended and iccid in self.places:
                assert sim["endpointGroup"] == self.places[iccid], (iccid, sim["endpointGroup"], self.places)

    def check_single(self) -> None:
        """No moniker is on the platform twice (b)."""
        with self.platform() as platform:
            rows = platform.database.execute("SELECT collection, lower(moniker) FROM object").fetchall()
        assert len(set(rows)) == len(rows)
