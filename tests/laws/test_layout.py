"""The layout of manifests: laying out changes no value, loses no comment, and has nothing left to do."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifests.layout import laid_out
from reconciler.manifests.yaml_reader import read_documents
from tests.laws.effort import tried

_PLAIN = [
    *("europe", "010", "NO", "true", "null", "~", "1_000", "0x1F", "20:22", "2026-11-28", "1e3", "a b  c", "a#b"),
    *("http://x.example/a?b=c#d", "-5", "+5", ".5", "é…", "日本", "C:\\x", "8988228000000000004"),
]
_QUOTED = [
    "'it''s'",
    '"a # b"',
    "'# no comment'",
    '"tab\\tnew\\nline"',
    '""',
    "''",
    "'a: b'",
    '"ü \\u00a0 end "',
    '" lead"',
]
_WORDS = ["why", "because # of this", "übung", "{not: flow}", "- no item", "'quoted", "---x", "end  "]


def _ignored(_problem: Any) -> None:
    """Problems of a text that has none."""


class Writer:
    """A manifest in an odd layout, with the comments that were put into it in their order."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.comments: list[str] = []
        self.lines: list[str] = []

    def _comment(self) -> str:
        text = f"#{self.chance.choice(['', ' ', '  ', '#'])}{self.chance.choice(_WORDS)} {len(self.comments)}"
        self.comments.append(text.rstrip())
        return text + self.chance.choice(["", "", "  "])

    def _between(self, indent: int) -> None:
        """Perhaps empty lines and comments, at some column that may be a comment's."""
        for _ in range(self.chance.choice([0, 0, 0, 1, 1, 2])):
            if self.chance.random() < 0.5:
                self.lines.append(self.chance.choice(["", "   "]))
            else:
                self.lines.append(" " * self.chance.choice([0, indent, indent, indent + 2]) + self._comment())

    def _ending(self) -> str:
        roll = self.chance.random()
        if roll < 0.2:
            return self.chance.choice([" ", "    "]) + self._comment()
        return self.chance.choice(["", "", "", "   "])

    def _scalar(self) -> str:
        return self.chance.choice(_PLAIN if self.chance.random() < 0.6 else _QUOTED)

    def _flow(self, depth: int) -> str:
        gap = self.chance.choice(["", " ", "  "])
        if depth == 0 or self.chance.random() < 0.4:
            return self.chance.choice(["europe", "'a, b'", "12", '"x"'])
        if self.chance.random() < 0.5:
            return f"[{gap}{', '.join(self._flow(depth - 1) for _ in range(self.chance.randint(0, 3)))}{gap}]"
        return f"{{{gap}{', '.join(f'k{n}: {self._flow(depth - 1)}' for n in range(self.chance.randint(1, 3)))}{gap}}}"

    def _value(self, lead: str, indent: int, depth: int) -> None:
        """A value behind ``key:`` or ``-``, which `lead` ends with."""
        roll = self.chance.random()
        if depth and roll < 0.3:
            self.lines.append(lead + self._ending())
            self.mapping(indent + self.chance.randint(1, 5), depth - 1)
        elif depth and roll < 0.55 and lead.rstrip().endswith(":"):
            self.lines.append(lead + self._ending())
            self.sequence(indent + self.chance.randint(0, 4), depth - 1)
        elif roll < 0.65:
            self.lines.append(f"{lead} {self._flow(2)}{self._ending()}")
        elif roll < 0.72:
            header = self.chance.choice(["|", ">", "|-", ">-", "|+"])
            self.lines.append(f"{lead} {header}")
            inner = " " * (indent + self.chance.randint(1, 4))
            for _ in range(self.chance.randint(1, 3)):
                self.lines.append(f"{inner}{self.chance.choice(['text # no comment', 'a: b', '- c', 'plain  '])}")
                if self.chance.random() < 0.2:
                    self.lines.append("")
            self.lines.append(f"{inner}end")
        else:
            self.lines.append(f"{lead}{self.chance.choice([' ', '   '])}{self._scalar()}{self._ending()}")

    def mapping(self, indent: int, depth: int) -> None:
        """Keys and values, one below the other."""
        for number in range(self.chance.randint(1, 4)):
            self._between(indent)
            self._value(f"{' ' * indent}key{number}:", indent, depth)

    def sequence(self, indent: int, depth: int) -> None:
        """Items, one below the other."""
        for _ in range(self.chance.randint(1, 3)):
            self._between(indent)
            self._value(f"{' ' * indent}-", indent, depth)


def _text(chance: random.Random) -> tuple[str, list[str]]:
    writer = Writer(chance)
    for number in range(chance.randint(1, 3)):
        if number or chance.random() < 0.3:
            writer.lines.append("---")
        writer._between(0)
        writer.mapping(0, 3)
    writer._between(0)
    end = chance.choice(["\n", "\r\n"])
    return end.join(writer.lines) + chance.choice(["", end, end * 3]), writer.comments


def _said(text: str) -> list[Any]:
    problems: list[Any] = []
    found = [document.data for document in read_documents("a.yaml", text.encode(), problems.append)]
    assert problems == []
    return found


@given(st.integers(0, 10**9))
@tried(12)
def test_laying_out_keeps_every_value_and_every_comment_and_is_done_the_second_time(seed: int) -> None:
    """For any layout of any text: the documents say the same, the comments are the same ones, and twice is once."""
    text, comments = _text(random.Random(seed))
    normal = text.replace("\r\n", "\n")
    said = _said(normal)
    found = laid_out("a.yaml", text.encode(), _ignored)
    assert found is not None
    assert _said(found.text) == said
    lines = [line.rstrip() for line in found.text.split("\n")]
    places = [next((n for n, line in enumerate(lines) if line.endswith(comment)), -1) for comment in comments]
    assert -1 not in places
    assert places == sorted(places)
    again = laid_out("a.yaml", found.text.encode(), _ignored)
    assert again is not None
    assert again.text == found.text


@pytest.mark.slow
def test_few_documents_stay_as_they_are() -> None:
    """A document that ruamel.yaml cannot write without a loss is rare, so that the command is of use."""
    kept = whole = 0
    for seed in range(40):
        text, _ = _text(random.Random(seed))
        found = laid_out("a.yaml", text.encode(), _ignored)
        assert found is not None
        whole += 1
        kept += bool(found.kept)
    assert kept <= whole * 0.2
