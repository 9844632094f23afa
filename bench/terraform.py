"""
The Terraform twin of an estate: as many `terraform_data` blocks, and the state that an apply would have left.

Groups (1 %), policies (9 %) that refer to one, and the rest targets that refer to a policy; seven attributes each. An
apply of many would take hours, so the state is made; it is accepted only if Terraform finds no change in it.
"""

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.measuring import ENVIRONMENT, Sample, apart, sample

_PROVIDER = 'provider["terraform.io/builtin/terraform"]'
# Nothing that somebody has configured for Terraform, and no look for newer versions.
_ENVIRONMENT = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("TF_")} | {
    "CHECKPOINT_DISABLE": "1"
}
_NO_CHANGE, _CHANGES = 0, 2


def terraform() -> str | None:
    """Where Terraform is installed, or None."""
    return os.environ.get("TERRAFORM") or shutil.which("terraform")


def version(program: str, scratch: Path) -> str:
    """The installed version."""
    told = scratch / "terraform-version.json"
    sample([program, "version", "-json"], scratch, environment=_ENVIRONMENT, output=told)
    return str(json.loads(told.read_text(encoding="utf-8"))["terraform_version"])


class Twin:
    """
    A working folder of Terraform, initialised.

    `changed` of the targets have another value in the configuration than in the state. Without a state nothing of it
    exists yet.
    """

    def __init__(self, program: str, folder: Path, size: int, *, changed: int = 0) -> None:
        self.program = program
        self.folder = folder
        self.size = size
        self.expected = _CHANGES if changed else _NO_CHANGE
        apart(_write, program, folder, size, changed=changed)
        self._run("init")

    def plan(self) -> Sample:
        """One plan; refused unless it finds exactly what it should: no change, or some."""
        return self._run("plan", "-detailed-exitcode", expected=self.expected)

    def plan_json_bytes(self) -> int:
        """The size of a plan as JSON, which is what other programs read of it."""
        self._run("plan", "-detailed-exitcode", "-out=plan", expected=self.expected)
        shown = self.folder / "plan.json"
        sample([self.program, "show", "-json", "plan"], self.folder, environment=_ENVIRONMENT, output=shown)
        return shown.stat().st_size

    def first_apply(self) -> Sample:
        """Create everything, from nothing."""
        for left in self.folder.glob("terraform.tfstate*"):
            left.unlink()
        return self._run("apply", "-auto-approve", "-parallelism=10")

    def _run(self, verb: str, *arguments: str, expected: int = _NO_CHANGE) -> Sample:
        # On all cores: Terraform uses what there is, and pinning it would flatter us.
        command = [self.program, verb, "-input=false", "-no-color", *arguments]
        return sample(command, self.folder, environment=_ENVIRONMENT, expected=[expected])


_Block = tuple[str, dict[str, Any], tuple[str, ...]]


def _write(program: str, folder: Path, size: int, *, changed: int) -> None:
    folder.mkdir(parents=True)
    blocks = list(_blocks(size))
    targets = size - sum(1 for block in blocks if block[1]["kind"] != "target")
    edited = {size - targets + place * targets // changed for place in range(changed)} if changed else set()
    (folder / "main.tf").write_text(
        "\n".join(
            _written(name, inputs | ({"note": "edited"} if number in edited else {}), above)
            for number, (name, inputs, above) in enumerate(blocks)
        ),
        encoding="utf-8",
    )
    state = {
        "version": 4,
        "terraform_version": version(program, folder),
        "serial": 1,
        "lineage": str(uuid.UUID(int=1)),
        "outputs": {},
        "resources": [_remembered(name, inputs, above) for name, inputs, above in blocks],
        "check_results": None,
    }
    (folder / "terraform.tfstate").write_text(json.dumps(state, indent=2), encoding="utf-8")


def _blocks(size: int) -> Iterator[_Block]:
    """Name, inputs, and the blocks that it depends on: the one that it refers to, then that one's."""
    groups = max(1, size // 100)
    policies = max(1, size * 9 // 100)
    above: tuple[str, ...]
    for number in range(size):
        if number < groups:
            kind, index, above = "group", number, ()
        elif number < groups + policies:
            kind, index = "policy", number - groups
            above = (f"group_{index % groups:05d}",)
        else:
            kind, index = "target", number - groups - policies
            policy = index % policies
            above = (f"policy_{policy:05d}", f"group_{policy % groups:05d}")
        inputs = {
            "name": f"{kind}-{index:05d}",
            "kind": kind,
            "index": index,
            "division": "fleet",
            "enabled": True,
            "note": f"{kind} number {index}",
        }
        yield f"{kind}_{index:05d}", inputs, above


def _identity(name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(int=2), name))


def _written(name: str, inputs: dict[str, Any], above: tuple[str, ...]) -> str:
    values = {key: json.dumps(value) for key, value in inputs.items()}
    if above:
        values["parent"] = f"terraform_data.{above[0]}.id"
    lines = "\n".join(f"    {key:<8} = {value}" for key, value in values.items())
    return f'resource "terraform_data" "{name}" {{\n  input = {{\n{lines}\n  }}\n}}\n'


def _remembered(name: str, inputs: dict[str, Any], above: tuple[str, ...]) -> dict[str, Any]:
    values = inputs | ({"parent": _identity(above[0])} if above else {})
    names = {bool: "bool", int: "number", str: "string"}
    dynamic = {"value": values, "type": ["object", {key: names[type(value)] for key, value in values.items()}]}
    instance: dict[str, Any] = {
        "schema_version": 0,
        "attributes": {"id": _identity(name), "input": dynamic, "output": dynamic, "triggers_replace": None},
        "sensitive_attributes": [],
    }
    if above:
        instance["dependencies"] = sorted(f"terraform_data.{one}" for one in above)
    return {"mode": "managed", "type": "terraform_data", "name": name, "provider": _PROVIDER, "instances": [instance]}
