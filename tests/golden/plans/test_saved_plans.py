"""
Plan files of an earlier version are read as they were approved.

`saved` has one plan file for each golden case, one with SIMs, and one in which every member has a value. They were
written before the codec was made from structs, and are never written again.
"""

import hashlib
from pathlib import Path

import pytest

from reconciler.plan.planfile import decode, digest_of, encode

SAVED = Path(__file__).parent / "saved"
DIGESTS = dict(line.split()[::-1] for line in (SAVED / "digests.txt").read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_a_saved_plan_has_the_digest_and_the_bytes_that_were_approved(name: str) -> None:
    """The file is read, its digest is the approved one, and writing the plan again gives the same bytes."""
    content = (SAVED / f"{name}.json").read_bytes()

    plan, digest = decode(content, name)

    assert (digest, digest_of(plan)) == (DIGESTS[name], DIGESTS[name])
    assert hashlib.sha256(encode(plan)).digest() == hashlib.sha256(content).digest()


def test_each_saved_plan_has_its_approved_digest() -> None:
    """No file is left out of the comparison."""
    assert sorted(path.stem for path in SAVED.glob("*.json")) == sorted(DIGESTS)
