"""The removal of an object that is ours and not declared. Pure."""

from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Observed
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode, Reversibility
from reconciler.plan.comparing import fingerprint
from reconciler.plan.situation import LEFT_OUT, LET_GO, REMOVAL, Situation


def removal(situation: Situation, owned: Owned, live: Observed | None) -> Change:
    """Delete the object; forget it if it is let go, retained or gone already. The inventory says which (S19)."""
    is_let_go = owned.address in situation.let_go
    if live is None or owned.retain or is_let_go:
        reason = Reason(ReasonCode.LET_GO, LET_GO) if is_let_go else _why_forgotten(_why(situation, owned))
        if live is None:
            reason = Reason(ReasonCode.VANISHED, "it is gone from the platform")
        return Change(
            owned.address,
            Action.FORGET,
            live.spec if live else None,
            None,
            reason,
            remote_id=owned.remote_id,
            live_moniker=owned.moniker,
            row_version=owned.row_version,
        )
    return Change(
        owned.address,
        Action.DELETE,
        live.spec,
        None,
        _why(situation, owned),
        remote_id=live.remote_id,
        live_moniker=live.address.name,
        protect=owned.protect,
        row_version=owned.row_version,
        fingerprint=fingerprint(live.spec, live),
        reversibility=Reversibility.DESTRUCTIVE,
    )


def _why_forgotten(reason: Reason) -> Reason:
    """Why a retained object stops being ours: its policy says so, unless what declares it was only not read."""
    text = "its deletion policy is retain"
    if reason.code is ReasonCode.LEFT_OUT:
        return Reason(reason.code, f"{reason.text}; {text}", reason.source)
    return Reason(ReasonCode.RETAINED, text)


def _why(situation: Situation, owned: Owned) -> Reason:
    """Nobody declares it any more, or what declares it was not read."""
    file = (owned.source or "").partition(":")[0]
    is_chosen = situation.consideration is not None and owned.address in situation.consideration.removed
    if (situation.is_partial and not is_chosen) or (
        situation.removal == REMOVAL and file and situation.is_unread(file)
    ):
        return Reason(ReasonCode.LEFT_OUT, LEFT_OUT, owned.source)
    return Reason(ReasonCode.REMOVED, situation.removal, owned.source)
