"""The origin of a value as text: one line for each step back."""

import json
from collections.abc import Iterable
from typing import Any

from reconciler.positions import Span


def origin_text(place: str, value: Any, steps: Iterable[tuple[str, Span, str]]) -> str:
    """The value, and below it each place that it comes from: what it is, where it is, and the words there."""
    lines = [f"{place} = {json.dumps(value, ensure_ascii=False, default=str)}"]
    lines.extend(f"  ← {span}  {words}  ({what})" for what, span, words in steps)
    return "\n".join(lines)
