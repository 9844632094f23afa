"""
The YAML parser: libyaml's events, which carry the text of each scalar and its place, and nothing that was made of it.

This is the one home of PyYAML for reading. Its loaders are not used: they resolve types, construct objects, follow
aliases and keep the last of two equal keys.
"""

from collections.abc import Callable
from typing import Any

from yaml import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    MarkedYAMLError,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    YAMLError,
)
from yaml._yaml import CParser

from reconciler.manifests.yaml_scene import Complaint

__all__ = [
    "AliasEvent",
    "DocumentStartEvent",
    "MappingEndEvent",
    "MappingStartEvent",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
    "StreamEndEvent",
    "YAMLError",
    "complaint_of",
    "events",
]

NextEvent = Callable[[], Any]
"""Gives the next event of a text, or raises `YAMLError`; the last is a `StreamEndEvent`."""


def events(raw: bytes) -> NextEvent:
    """The events of a text in UTF-8, one at each call; nothing is read further than is asked for."""
    parser: Any = CParser(raw)
    next_event: NextEvent = parser.get_event
    return next_event


def complaint_of(error: YAMLError) -> Complaint:
    """What the parser said, without its own snippet of the text."""
    if not isinstance(error, MarkedYAMLError):
        return Complaint(str(error).splitlines()[0] if str(error) else "", None, "", None)
    return Complaint(error.problem or "", error.problem_mark, error.context or "", error.context_mark)
