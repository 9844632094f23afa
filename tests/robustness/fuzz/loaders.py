"""
The readers of bytes from outside, each as a function of one input and an empty folder, with its first inputs.

A loader is asked through the command line, as a user asks it, wherever there is a command for it.
"""

import json
import random
import shutil
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from reconciler.cli.main import cli
from reconciler.control_plane.rest import RestControlPlane
from reconciler.control_plane.transport import HttpAnswer
from reconciler.errors import ReconcilerError
from reconciler.operations.planning import read_and_plan as make_plan
from reconciler.operations.validate import check
from tests.features.sims.estate import HEAD, iccids, listed
from tests.robustness.fuzz.mutation import mutated, with_rows_changed
from tests.robustness.wire_faults.lying import policies, sims

ROOT = Path(__file__).resolve().parents[3]
_BUG = 1
_MOST_SEEDS = 400
_POLICY = f"{HEAD}kind: OperatorPolicy\nmetadata: {{name: policy-0}}\nspec: {{default: allow, entries: []}}\n"
_SET = (
    f"{HEAD}kind: EndpointSet\nmetadata: {{name: set-a}}\n"
    "spec: {group: 'existing:fleet-uk', members: [{file: {path: sims.csv, columns: {iccid: iccid}}}]}\n"
)
CONFIGURATION = (
    "apiVersion: reconciler.dev/v1alpha1\nkind: Estate\nname: fleet\naccountType: edge\n"
    "store: sqlite:.reconciler/state.db\n"
)


@dataclass(frozen=True, slots=True)
class Loader:
    """
    One loader: what it begins with, and how it is asked. `ask` answers what was wrong, or None.

    `change` makes a new input out of those that are known.
    """

    name: str
    corpus: Callable[[], Sequence[bytes]]
    ask: Callable[[bytes, Path], str | None]
    change: Callable[[Sequence[bytes], random.Random], bytes] = mutated


def _run(*arguments: str) -> str | None:
    result = CliRunner().invoke(cli, list(arguments), catch_exceptions=True)
    if result.exit_code == _BUG or "Traceback" in result.output:
        return f"exit {result.exit_code}: {result.output[-300:]}"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return f"{type(result.exception).__name__}: {result.exception}"
    return None


def _manifests() -> Sequence[bytes]:
    from tests.golden.broken.corpus import CASES

    found = [path.read_bytes() for path in sorted((ROOT / "examples").rglob("*.yaml"))]
    found += [content for case in CASES for content in case.files.values() if len(content) < 20_000]
    return [content for content in found if len(content) < 20_000][:_MOST_SEEDS]


def _manifest(content: bytes, folder: Path) -> str | None:
    (folder / "estate.yaml").write_bytes(content)
    return _run("validate", "--chdir", str(folder))


def _settings() -> Sequence[bytes]:
    found = [path.read_bytes() for path in sorted((ROOT / "examples").rglob("reconciler.yaml"))]
    from tests.golden.broken.configuration import CONFIGURATION_CASES

    return [*found, *(case.files[name] for case in CONFIGURATION_CASES for name in case.files), CONFIGURATION.encode()]


def _setting(content: bytes, folder: Path) -> str | None:
    (folder / "reconciler.yaml").write_bytes(content)
    (folder / "estate.yaml").write_text(_POLICY, encoding="utf-8")
    return _run("validate", "--chdir", str(folder))


def _sim_files() -> Sequence[bytes]:
    rows = iccids(5)
    plain = "iccid\n" + "\n".join(rows) + "\n"
    rich = "iccid;name;reference;tags\n" + "".join(f'{row};"N;{row}";r{row};a|b\n' for row in rows)
    texts = [plain, rich, plain.replace("\n", "\r\n"), rich.replace(";", "\t"), rich.replace(";", ","), "iccid\n"]
    return [*(text.encode() for text in texts), plain.encode("utf-16"), b"PAR1" + plain.encode() + b"PAR1", b"\x1f\x8b"]


def _sim_file(content: bytes, folder: Path) -> str | None:
    (folder / "sims.csv").write_bytes(content)
    (folder / "estate.yaml").write_text(_SET, encoding="utf-8")
    return _run("validate", "--chdir", str(folder))


def _plans() -> Sequence[bytes]:
    cases = sorted((ROOT / "tests" / "golden" / "plans" / "cases").rglob("*.json"))
    return [path.read_bytes() for path in cases if path.stat().st_size < 50_000] + [_whole_plan()]


@cache
def _whole_plan() -> bytes:
    from reconciler.model.snapshot import Account
    from reconciler.plan.plan import Basis, Plan
    from reconciler.plan.planfile import encode

    account = Account("https://platform.example", "account")
    return encode(Plan(Basis("0", account, "lineage", 3, f"sha256:{'0' * 64}", f"sha256:{'0' * 64}", "estate")))


def _plan(content: bytes, folder: Path) -> str | None:
    """As it is, and sealed again by somebody who knows how."""
    from reconciler.plan.canonical_json import canonical, digest

    place = folder / "plan.json"
    place.write_bytes(content)
    if (trouble := _run("show", str(place))) is not None:
        return trouble
    try:
        document = json.loads(content)
        found = digest(document["plan"])
        header = {"digest": found, "origin": document["origin"]}
        place.write_bytes(canonical({**document, "digest": found, "seal": digest(header)}) + b"\n")
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return _run("show", str(place)) or _run("show", str(place), "--format", "json")


def _answers() -> Sequence[bytes]:
    rows: list[Any] = [policies(3), sims(iccids(3), ["fleet-uk", None, "fleet-de"]), [], policies(1)[0]]
    told: list[Any] = [{"success": True, "messages": [], "data": each, "totalItems": 3} for each in rows]
    told += [{"success": False, "messages": ["Record not found"]}, {"title": "Bad", "errors": {"a": ["b"]}}]
    return [*(json.dumps(each).encode() for each in told), *_recorded()]


@cache
def _recorded() -> Sequence[bytes]:
    """The embedded platform's answers for each collection of a whole estate."""
    import tempfile

    from reconciler.control_plane.transport import IN_PROCESS_ORIGIN, Transport
    from reconciler.kinds import object_kinds
    from tests.robustness.faults.estates import first
    from tests.robustness.faults.house import House

    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), secrets={"HOOK": "word"})
        house.make(*first())
        house.simulator.put_sims(iccids(3))
        transport = Transport(IN_PROCESS_ORIGIN, "token", wsgi=house.simulator.wsgi)
        paths = [f"/{kind.wire.collection}?limit=20" for kind in object_kinds().values()]
        return [transport.send("GET", path).content for path in (*paths, "/endpoints?limit=20")]


class _Saying:
    """A network on which everything is answered with the same bytes."""

    origin = "https://platform.example/api/v1"
    is_local = True

    def __init__(self, content: bytes, status: int) -> None:
        self._answer = HttpAnswer(status, content)

    def send(self, _method: str, _path: str, _content: bytes | None = None) -> HttpAnswer:
        """The answer."""
        return self._answer


@cache
def _estate(folder: str) -> Any:
    root = Path(folder).parent / "declared"
    root.mkdir(exist_ok=True)
    text = _POLICY + "---\n" + HEAD + listed("set-a", "existing:fleet-uk", iccids(3))
    (root / "estate.yaml").write_text(text, encoding="utf-8")
    return check(root, remember=False).sound()


def _answer(content: bytes, folder: Path) -> str | None:
    chance = random.Random(len(content))
    saying: Any = _Saying(content, chance.choice((200, 200, 200, 400, 404, 500)))
    plane = RestControlPlane(saying, digest=str, resolve=str, sleep=lambda _: None, jitter=float)
    asks: tuple[Callable[[], Any], ...] = (
        plane.account,
        plane.snapshot,
        lambda: [
            plane.read(kind, "some-name")
            for kind in ("OperatorPolicy", "VSlice", "EndpointGroup", "EventMap", "RoutingPolicy")
        ],
        lambda: list(plane.sims.pages(known=True)),
        lambda: list(plane.sims.pages(known=False)),
        lambda: plane.sims.find("8988"),
        lambda: plane.sims.key_values("8988"),
        lambda: make_plan(_estate(str(folder)), plane, inventory=None, digest_secret=str, find_secret=lambda _: None),
    )
    for ask in asks:
        try:
            ask()
        except ReconcilerError as error:
            if error.exit_code == _BUG:
                return f"exit 1: {error}"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            return f"{type(error).__name__}: {error}"[:300]
    return None


@cache
def _stored() -> Sequence[bytes]:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = []
        for text in (
            _POLICY,
            _POLICY.replace("entries: []", "displayName: New") + "---\n" + _POLICY.replace("-0", "-1"),
        ):
            (folder / "estate.yaml").write_text(text, encoding="utf-8")
            trouble = _run("apply", "--chdir", name, "--platform", "embedded", "--auto-approve")
            assert trouble is None, trouble
            found.append((folder / ".reconciler" / "state.db").read_bytes())
        return found


def _store(content: bytes, folder: Path) -> str | None:
    place = folder / ".reconciler"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700)
    (place / "state.db").write_bytes(content)
    (place / "state.db").chmod(0o600)
    (folder / "estate.yaml").write_text(_POLICY, encoding="utf-8")
    # One command for each input, which the bytes decide, so that the same input is asked the same again.
    return _run(*_STORE_COMMANDS[zlib.crc32(content) % len(_STORE_COMMANDS)], "--chdir", str(folder))


_EMBEDDED = ("--platform", "embedded")
_STORE_COMMANDS: Sequence[Sequence[str]] = (
    ("inventory", "list"),
    ("history",),
    ("store", "doctor"),
    ("plan", *_EMBEDDED),
    ("recover", *_EMBEDDED),
    ("apply", *_EMBEDDED, "--auto-approve"),
    ("apply", *_EMBEDDED, "--auto-approve"),
)


LOADERS: tuple[Loader, ...] = (
    Loader("manifests", _manifests, _manifest),
    Loader("configuration", _settings, _setting),
    Loader("SIM files", _sim_files, _sim_file),
    Loader("plan files", _plans, _plan),
    Loader("answers", _answers, _answer),
    Loader("store files", _stored, _store),
    Loader("store rows", _stored, _store, with_rows_changed),
)
