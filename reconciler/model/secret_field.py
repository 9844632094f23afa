"""The field type of secrets in manifests: a reference, never a literal (S6)."""

import re
from typing import Annotated, Any

from reconciler.model.checks import Check, ShownAs, refusal
from reconciler.model.reserved_variables import is_hidden, owner_of

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FIX = "write {secretRef: {env: NAME}} or {secretRef: {file: relative/path}}"
SCHEMA = {
    "type": "object",
    "required": ["secretRef"],
    "additionalProperties": False,
    "properties": {
        "secretRef": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
            "properties": {"env": {"type": "string", "pattern": f"^{_VARIABLE.pattern}$"}, "file": {"type": "string"}},
        }
    },
}


def secret_reference(value: Any) -> dict[str, dict[str, str]]:
    """The reference in a manifest, or the error that shows how to write one."""
    if isinstance(value, str):
        raise refusal("secret_literal", "the secret is written in clear", {"fix": FIX})
    inner = value.get("secretRef") if isinstance(value, dict) and set(value) == {"secretRef"} else None
    if not isinstance(inner, dict) or len(inner) != 1 or not set(inner) <= {"env", "file"}:
        raise refusal(
            "value", "expected {expected}, found something else", {"expected": "a secret reference", "fix": FIX}
        )
    source, name = next(iter(inner.items()))
    if not isinstance(name, str) or not name.strip():
        raise refusal("value", "expected {expected}", {"expected": f"a name for secretRef.{source}", "fix": FIX})
    if source == "env" and not _VARIABLE.fullmatch(name):
        raise refusal(
            "value",
            "expected {expected}",
            {"expected": "the name of an environment variable", "fix": "use letters, digits and _"},
        )
    if source == "env" and (owner := owner_of(name)) is not None:
        # The name is known to be one of a list, and says where the value is, not what it is.
        facts = {
            "expected": f"a variable of the estate; {name} belongs to {owner}, and no manifest reads it",
            "fix": "give the secret to reconciler in a variable of its own",
        }
        raise refusal("value", "expected {expected}", facts)
    if source == "file" and (name.startswith(("/", "~")) or ".." in name.split("/")):
        raise refusal(
            "value",
            "expected {expected}",
            {"expected": "a path below the estate's folder", "fix": "write a relative path without .."},
        )
    names = [part for part in name.split("/") if part not in {"", "."}]
    if source == "file" and (not names or is_hidden(names)):
        facts = {
            "expected": "a file that is not hidden: what begins with a dot, or lies below it, is never read",
            "fix": "put the secret into a file of its own, such as secrets/noc-password",
        }
        raise refusal("value", "expected {expected}", facts)
    return {"secretRef": {source: str(name)}}


SecretField = Annotated[dict[str, dict[str, str]], Check(secret_reference), ShownAs(SCHEMA)]
