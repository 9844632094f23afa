"""The conformance list for every collection, checked for each kind by its example."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reconciler.cli.main import cli
from reconciler.kinds import object_kinds
from reconciler.model.kind import Kind
from reconciler.simulator.application import Simulator
from tests.conformance.client import NOT_FOUND, TOKEN, Client

EXAMPLES = Path(__file__).parents[2] / "examples" / "kinds"
ENVIRONMENT = {"STACUITY_HOST": "embedded", "STACUITY_TOKEN": TOKEN, "RECONCILER_SECRETS": "*,file:*", "CI": "true"}
_REFERENCE, _WORD = {"id", "moniker", "name"}, {"key", "moniker", "name", "active"}


@pytest.fixture(scope="module", params=object_kinds().values(), ids=lambda kind: kind.name)
def stocked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Kind, Client]]:
    """A kind, and a client of a platform that its example was applied to."""
    kind: Kind = request.param
    root = tmp_path_factory.mktemp("estate") / kind.slug
    shutil.copytree(EXAMPLES / kind.slug, root, ignore=shutil.ignore_patterns(".reconciler"))
    lines = (EXAMPLES / "example.env").read_text(encoding="utf-8").splitlines()
    values = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
    done = CliRunner().invoke(cli, ["apply", "--chdir", str(root), "--auto-approve"], env=ENVIRONMENT | values)
    assert done.exit_code == 0, done.output
    simulator = Simulator(root / ".reconciler" / "platform.db", token=TOKEN)
    yield kind, Client(simulator)
    simulator.close()


def _own(kind: Kind, client: Client) -> list[dict[str, Any]]:
    """The objects of a kind that are not the platform's own."""
    rows: list[dict[str, Any]] = client.get(f"/{kind.wire.collection}")
    found = [row for row in rows if not (kind.wire.fixed_flag and row[kind.wire.fixed_flag])]
    assert found
    return found


def test_an_object_has_one_answer_by_id_and_by_moniker_in_any_case(stocked: tuple[Kind, Client]) -> None:
    """The list, the id and the moniker lead to the same object, whatever the case of the path."""
    kind, client = stocked
    for row in _own(kind, client):
        for key in (row["id"], row["id"].upper(), row["moniker"]):
            for collection in (kind.wire.collection, kind.wire.collection.upper()):
                assert client.get(f"/{collection}/{key}") == row


def test_what_the_kind_reads_is_in_the_answer(stocked: tuple[Kind, Client]) -> None:
    """Every member that the kind's file names is answered, and references and enumerations are objects."""
    kind, client = stocked
    for row in _own(kind, client):
        assert {field.read.split(".")[0] for field in kind.wire.fields if field.read} <= row.keys()
        for field in kind.wire.fields:
            if field.form.kind and row[str(field.read)] is not None:
                assert row[str(field.read)].keys() == _REFERENCE
        named = [value for value in row.values() if isinstance(value, dict) and "key" in value]
        assert [value.keys() for value in named if not value.keys() >= _WORD] == []


def test_a_change_of_the_name_keeps_everything_else(stocked: tuple[Kind, Client]) -> None:
    """A field that a PUT leaves out stays as it is, and the same PUT twice is the same object."""
    kind, client = stocked
    for row in _own(kind, client):
        body = {"moniker": row["moniker"], "name": f"{row['name']} 2"}
        for _ in range(2):
            client.ok("PUT", f"/{kind.wire.collection}/{row['id']}", body)
            assert client.get(f"/{kind.wire.collection}/{row['id']}") == row | {"name": body["name"]}
        client.ok("PUT", f"/{kind.wire.collection}/{row['id']}", body | {"name": row["name"]})


def test_a_moniker_is_given_once(stocked: tuple[Kind, Client]) -> None:
    """A second object of the kind with a moniker that is in use is refused, and changes nothing."""
    kind, client = stocked
    for row in _own(kind, client):
        said = client.refused("POST", f"/{kind.wire.collection}", {"moniker": row["moniker"], "name": "Another one"})
        assert said.startswith(f"The moniker '{row['moniker']}' is already used by another ")


def test_what_is_not_there_is_said_in_the_envelope(stocked: tuple[Kind, Client]) -> None:
    """GET, PUT and DELETE of an unknown key answer 200 with the platform's one sentence."""
    kind, client = stocked
    for method in ("GET", "PUT", "DELETE"):
        body = {"moniker": "nobody", "name": "Nobody"} if method == "PUT" else None
        answer = client.call(method, f"/{kind.wire.collection}/nobody", body)
        assert answer == {"success": False, "messages": NOT_FOUND}


def test_only_what_nothing_uses_is_deleted(stocked: tuple[Kind, Client]) -> None:
    """A deletion ends the object, or is refused and names what still uses it."""
    kind, client = stocked
    for row in _own(kind, client):
        place = f"/{kind.wire.collection}/{row['id']}"
        if client.call("DELETE", place)["success"]:
            assert client.call("GET", place) == {"success": False, "messages": NOT_FOUND}
        else:
            assert "still" in client.refused("DELETE", place)
