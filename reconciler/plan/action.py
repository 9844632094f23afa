"""Actions: what a plan does to one address."""

from enum import StrEnum


class Action(StrEnum):
    """
    The action on one resource; each has a symbol and two tenses.

    ========= ====== =============== ==========================================
    action    symbol before          after
    ========= ====== =============== ==========================================
    create    +      absent          what will exist
    update    ~      managed fields  managed fields, changed
    replace   -/+    what exists     what will exist; an immutable field differs
    delete    -      what exists     absent
    adopt     =      what exists     the same; it becomes ours
    forget    .      what exists     the same; it stops being ours
    ========= ====== =============== ==========================================
    """

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    FORGET = "forget"

    @property
    def symbol(self) -> str:
        """The symbol that plans show in front of an address."""
        return _SYMBOLS[self]

    @property
    def future(self) -> str:
        """The action in the future: "will be created"."""
        return f"will be {_DONE[self]}"

    @property
    def past(self) -> str:
        """The action in the past: "created"."""
        return _DONE[self]

    @property
    def is_destructive(self) -> bool:
        """Whether something on the platform ceases to exist."""
        return self in {Action.DELETE, Action.REPLACE}

    @property
    def is_silent(self) -> bool:
        """Whether only the inventory changes and no request is sent."""
        return self in {Action.ADOPT, Action.FORGET}


_SYMBOLS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "-/+",
    Action.DELETE: "-",
    Action.ADOPT: "=",
    Action.FORGET: ".",
}
_DONE = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.REPLACE: "replaced",
    Action.DELETE: "deleted",
    Action.ADOPT: "adopted",
    Action.FORGET: "forgotten",
}
