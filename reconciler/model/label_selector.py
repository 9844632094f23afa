"""Label selectors as Kubernetes writes them: terms with commas between them, all of which must hold."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_WORD = r"[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?"
_EQUAL = re.compile(rf"({_WORD})\s*(==?|!=)\s*({_WORD})?")
_SET = re.compile(rf"({_WORD})\s+(in|notin)\s*\(([^()]*)\)")
_PRESENT = re.compile(rf"(!?)\s*({_WORD})")
_COMMA = re.compile(r",(?![^()]*\))")
_Term = Callable[[Mapping[str, str]], bool]


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """A selector over labels: ``team=noc``, ``stage!=test``, ``stage in (test, dev)``, ``team``, ``!team``."""

    text: str
    terms: tuple[_Term, ...]

    def admits(self, labels: Mapping[str, str]) -> bool:
        """Whether every term holds for these labels."""
        return all(term(labels) for term in self.terms)


def selector_of(text: str) -> LabelSelector:
    """The selector that a text says; `ValueError` with the term that is none."""
    return LabelSelector(text, tuple(_term(part.strip()) for part in _COMMA.split(text)))


def _term(text: str) -> _Term:
    if found := _SET.fullmatch(text):
        name, words = found[1], {word.strip() for word in found[3].split(",")}
        if found[2] == "in":
            return lambda labels: labels.get(name) in words
        return lambda labels: labels.get(name) not in words
    if found := _EQUAL.fullmatch(text):
        name, value = found[1], found[3] or ""
        if found[2] == "!=":
            return lambda labels: labels.get(name) != value
        return lambda labels: labels.get(name) == value
    if found := _PRESENT.fullmatch(text):
        name = found[2]
        return (lambda labels: name not in labels) if found[1] else (lambda labels: name in labels)
    raise ValueError(text)
