"""The limits of guards as a configuration or a policy states them."""

from collections.abc import Mapping
from typing import Annotated, Any

from typing_extensions import TypedDict

from reconciler.model.checks import Check, ShownAs
from reconciler.model.closed import closed
from reconciler.model.fields import Doc
from reconciler.model.scalars import refuse
from reconciler.plan.limits import DEFAULTS, WITH_SHARES, Guard, Limits, NotALimit, limit_of


def _limit(guard: Guard) -> tuple[Check, ShownAs]:
    """How a limit is read, and what a schema says of it."""

    def check(value: Any) -> Any:
        try:
            limit_of(guard, value)
        except NotALimit as error:
            raise refuse(error.expected, value, error.fix) from None
        return value

    share = {"type": "string", "pattern": "^[0-9.]+ ?%$"}
    number = {"type": "integer", "minimum": 0}
    mixture = {
        "type": "object",
        "properties": {"atLeast": number, "share": share, "atMost": number},
        "required": ["share"],
        "additionalProperties": False,
    }
    shares = [share, mixture] if guard in WITH_SHARES else []
    return Check(check), ShownAs({"anyOf": [number, {"const": "off"}, *shares]})


def _said(text: str, guard: Guard) -> Doc:
    form = "A number, a share or off" if guard in WITH_SHARES else "A number or off"
    return Doc(f"{text}; more need consent. {form}; default: {DEFAULTS[guard]}.")


@closed
class GuardrailSettings(TypedDict, total=False):
    """Limits of what one plan may do without consent."""

    terminations: Annotated[Any, *_limit(Guard.TERMINATIONS), _said("SIMs that are terminated", Guard.TERMINATIONS)]
    suspensions: Annotated[Any, *_limit(Guard.SUSPENSIONS), _said("SIMs that are suspended", Guard.SUSPENSIONS)]
    simMoves: Annotated[Any, *_limit(Guard.SIM_MOVES), _said("SIMs that leave their group", Guard.SIM_MOVES)]
    simsTouched: Annotated[Any, *_limit(Guard.SIMS_TOUCHED), _said("SIMs that edits reach", Guard.SIMS_TOUCHED)]
    policySwitch: Annotated[
        Any, *_limit(Guard.POLICY_SWITCH), _said("SIMs of one group that gets another policy", Guard.POLICY_SWITCH)
    ]
    deletions: Annotated[
        Any, *_limit(Guard.DELETIONS), _said("Objects of one kind that are deleted or replaced", Guard.DELETIONS)
    ]
    emptied: Annotated[Any, *_limit(Guard.EMPTIED), _said("Kinds and rosters that the manifests lost", Guard.EMPTIED)]
    leftOut: Annotated[
        Any, *_limit(Guard.LEFT_OUT), _said("Objects that go because they were not read", Guard.LEFT_OUT)
    ]
    shrunkAccount: Annotated[
        Any, *_limit(Guard.SHRUNK_ACCOUNT), _said("Owned objects that are gone from the platform", Guard.SHRUNK_ACCOUNT)
    ]
    widerReach: Annotated[
        Any, *_limit(Guard.WIDER_REACH), _said("SIMs that reach much wider networks", Guard.WIDER_REACH)
    ]
    newPeers: Annotated[Any, *_limit(Guard.NEW_PEERS), _said("New hosts that data is sent to", Guard.NEW_PEERS)]
    sharedValues: Annotated[
        Any, *_limit(Guard.SHARED_VALUES), _said("SIMs that share an IMEI lock or a reference", Guard.SHARED_VALUES)
    ]


def limits_of(settings: Mapping[str, Any]) -> Limits:
    """The limits that validated settings state."""
    return Limits({Guard(name): limit_of(Guard(name), value) for name, value in settings.items()})
