"""The Containerfile and the CronJob, checked for form without a network."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler import __version__
from reconciler.cli.main import cli
from tests.repository.machine.clone import ROOT
from tools.docs import program

LINES = (ROOT / "Containerfile").read_text(encoding="utf-8").splitlines()
INSTRUCTIONS = [tuple(line.split(maxsplit=1)) for line in LINES if line and not line.startswith("#")]
DOCUMENT: Any = yaml.safe_load((ROOT / "deploy/drift-cronjob.yaml").read_text(encoding="utf-8"))
POD = DOCUMENT["spec"]["jobTemplate"]["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]


def _all(name: str) -> list[str]:
    return [text for instruction, text in INSTRUCTIONS if instruction == name]


def test_the_image_has_glibc_and_a_supported_python() -> None:
    """Every stage starts from the one base, which is Debian's and can be named by digest."""
    (base,) = _all("ARG")
    assert re.fullmatch(r"BASE=python:3\.1[1-3]-slim", base)
    assert _all("FROM") == ["${BASE} AS build", "${BASE}"]


def test_the_image_runs_as_nobody_special() -> None:
    """The last user is a number that is not root's, so that Kubernetes can tell; nothing changes it after."""
    names = [instruction for instruction, _ in INSTRUCTIONS]
    (user,) = _all("USER")
    assert [int(part) > 1000 for part in user.split(":")] == [True, True]
    assert names[names.index("USER") :] == ["USER", "ENTRYPOINT"]


def test_the_image_copies_what_is_there_and_no_more_than_it_needs() -> None:
    """Each source is a file or folder of the tree, named one by one, so that no secret of a desk gets into a layer."""
    sources = [source for text in _all("COPY") if "--from" not in text for source in text.split()[:-1]]
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert {Path(source).name for source in sources} == {
        *("requirements", "install.py", "pyproject.toml", "README.md", "LICENSE", "reconciler")
    }


@pytest.mark.parametrize("command", [part for text in _all("RUN") for part in text.split("&&")])
def test_the_image_installs_nothing_that_is_not_hashed(command: str) -> None:
    """Every package comes through the installer of locks, or is the wheel that was just built."""
    lock = re.search(r"tools/install\.py (requirements/[a-z]+\.txt)$", command.strip())
    if lock:
        assert (ROOT / lock[1]).is_file()
    else:
        own = "pip install" not in command or {"--no-index", "--no-deps", "dist/*.whl"} <= set(command.split())
        assert own
        assert re.search("venv|hatchling|compileall|dist/", command)


def test_the_job_has_the_shape_of_a_cronjob() -> None:
    """Each level has the fields that the API knows, and the required ones."""
    assert (DOCUMENT["apiVersion"], DOCUMENT["kind"]) == ("batch/v1", "CronJob")
    assert set(DOCUMENT["spec"]) <= {
        *("schedule", "timeZone", "concurrencyPolicy", "startingDeadlineSeconds", "jobTemplate", "suspend"),
        *("successfulJobsHistoryLimit", "failedJobsHistoryLimit"),
    }
    assert re.fullmatch(r"[0-9]{1,2} [0-9]{1,2} \* \* \*", DOCUMENT["spec"]["schedule"])
    assert POD["restartPolicy"] == "Never"
    mounted = {mount["name"] for mount in CONTAINER["volumeMounts"]}
    assert mounted == {volume["name"] for volume in POD["volumes"]}


def test_the_job_can_do_nothing_but_look() -> None:
    """It runs one at a time, once a night, without root, privileges, a token of the cluster or a disk to write to."""
    assert DOCUMENT["spec"]["concurrencyPolicy"] == "Forbid"
    assert DOCUMENT["spec"]["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert POD["automountServiceAccountToken"] is False
    assert (POD["securityContext"]["runAsNonRoot"], f"{POD['securityContext']['runAsUser']}") == (
        True,
        _all("USER")[0].split(":")[0],
    )
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_job_calls_a_command_as_it_is() -> None:
    """The arguments are those of `drift`, and the manifest holds no secret."""
    name, *arguments = CONTAINER["args"]
    command = cli.get_command(program(), name)
    assert command is not None
    options = {option for parameter in command.params for option in parameter.opts}
    assert {argument for argument in arguments if argument.startswith("-")} <= options
    assert (name, CONTAINER["volumeMounts"][0]["mountPath"]) == ("drift", arguments[arguments.index("--chdir") + 1])
    assert [entry for entry in CONTAINER["env"] if re.search("TOKEN|STORE|PASSWORD", entry["name"])] == []


def test_readme_installs_the_wheel_of_this_version() -> None:
    """Each command names the wheel that `make wheel` builds, and each extra that exists is explained."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    wheel = f"dist/reconciler-{__version__}-py3-none-any.whl"
    commands = re.findall(r"^(?:pip|pipx|uv tool) install '?([^\s'\[]+)", text, re.MULTILINE)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]

    assert commands == [wheel] * 6
    assert set(re.findall(r"^\| `([a-z]+)` \|", text, re.MULTILINE)) == set(extras)
