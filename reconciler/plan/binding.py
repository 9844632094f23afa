"""Which platform and account a plan is made for: the ones that the store belongs to (F16)."""

from reconciler.errors import PlanFileError
from reconciler.model.inventory import Inventory
from reconciler.model.snapshot import Account


def check_account(account: Account, inventory: Inventory | None) -> None:
    """Nothing is planned for another platform or account than the one that the store belongs to."""
    if inventory is None:
        return
    for what, pinned, found in (
        ("platform", inventory.pinned_origin, account.origin),
        ("account", inventory.pinned_account, account.identity),
    ):
        if None not in {pinned, found} and pinned != found:
            message = f"the store belongs to the {what} {pinned}, not to {found}"
            raise PlanFileError(message, hint="check the token and --platform, or use another store")
