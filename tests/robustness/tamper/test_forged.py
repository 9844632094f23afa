"""Forged plans: what `show` prints is what apply does, or the file is refused."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.robustness.tamper.forging import Document, applied, forged, shown, template, unprinted, violations

FORGERIES = int(os.environ.get("RECONCILER_FORGERIES", "60"))
SEED = int(os.environ.get("RECONCILER_FORGERY_SEED", "9"))


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_what_is_shown_of_a_forged_plan_is_what_is_done(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Any member edited and the digest made anew: the request log has what the text said, or nothing."""
    source = tmp_path / "template"
    content = template(source)
    document: Document = json.loads(content)
    honest = shown(content)
    assert honest is not None
    done = applied(tmp_path / "honest", source, content)
    assert (done.code, violations(honest, done)) == (0, [])
    # The rest that the platform is told is the same for every plan of this estate.
    besides = unprinted(honest, done)

    chance = random.Random(SEED)
    wrong = []
    applied_too = 0
    for number in range(FORGERIES):
        what, edited = forged(document, chance)
        told = shown(edited)
        if told is None:
            continue
        applied_too += 1
        try:
            done = applied(tmp_path / f"case-{number}", source, edited)
        except Exception as error:  # noqa: BLE001 - a bug of one forgery is one finding of many
            wrong.append((number, what, [repr(error)]))
            continue
        found = [*violations(told, done), *(f"{value} was sent" for value in unprinted(told, done) - besides)]
        if found:
            wrong.append((number, what, found))
    record_property("forged plans", FORGERIES)
    record_property("forged plans that were shown", applied_too)
    assert wrong == []
