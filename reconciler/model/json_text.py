"""JSON that cannot act on whatever shows it: invisible characters, and those that turn text, become escapes (S21)."""

import json
import re
from typing import Any

# C1 controls, soft hyphen, zero width, direction, line and paragraph separators, tags. JSON escapes C0 itself.
_UNSEEN = re.compile(
    "[\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e01ef]"
)


def json_text(value: Any, **settings: Any) -> str:
    """Like `json.dumps` with letters as they are, except invisible ones; reading it back gives the value."""
    return _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], json.dumps(value, ensure_ascii=False, **settings))
