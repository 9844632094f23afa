"""The lines that a value comes from, for fields drawn at random."""

import json
import os
import random
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest

from reconciler.manifests.loader import load
from reconciler.manifests.templates.origins import RenderedMarks
from reconciler.positions import Path as Place

CARRIER = Path(__file__).parents[3] / "examples" / "carrier"
FIELDS = int(os.environ.get("RECONCILER_FIELDS", "200"))


def leaves(value: Any, path: Place = ()) -> list[tuple[Place, Any]]:
    """Each value below, with its place."""
    if isinstance(value, dict):
        return [found for name, inner in value.items() for found in leaves(inner, (*path, name))]
    if isinstance(value, list):
        return [found for place, inner in enumerate(value) for found in leaves(inner, (*path, place))]
    return [(path, value)]


@pytest.mark.slow
def test_the_places_of_random_fields_are_right(tmp_path: Path) -> None:
    """The template's line has the field, and the division's line is its name, a parameter of the value, or a patch."""
    root = tmp_path / "carrier"
    shutil.copytree(CARRIER, root, ignore=shutil.ignore_patterns(".reconciler", "divisions", ".gitignore"))
    runpy.run_path(str(root / "make_divisions.py"))["write"](root / "divisions", 100)
    found = load(root)
    chance = random.Random(20261128)
    made = [one for one in found.built.estate.values() if one.lifecycle.slot]
    lines = {path.relative_to(root).as_posix(): path.read_text().splitlines() for path in root.rglob("*.yaml")}
    wrong = []
    for _ in range(FIELDS):
        resource = chance.choice(made)
        path, value = chance.choice(leaves(dict(resource.spec), ("spec",)))
        marks = found.built.origins[str(resource.address)]
        assert isinstance(marks, RenderedMarks)
        ((_, there),) = marks.further(path)
        here = marks.value(path)
        template, division = lines[there.file][there.line - 1], lines[here.file][here.line - 1]
        names = [step for step in path if isinstance(step, str)]
        division_name = str(resource.lifecycle.slot).partition("/")[0]
        at_column = division[here.column - 1 :]
        is_right = (
            here.file == f"divisions/{division_name}.yaml"
            and f"{names[-1]}:" in template
            and (
                at_column.startswith((division_name, "{code:", "[{code:", "Customer"))
                or json.dumps(value).strip('"') in at_column
                or at_column[:2].isdigit()
                or at_column[:3].isupper()
            )
        )
        if not is_right:
            wrong.append((str(resource.address), path, str(here), division, str(there), template))
    assert wrong == []
