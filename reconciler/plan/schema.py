"""The JSON Schema of a plan file, published as ``schemas/plan.schema.json``."""

from typing import Any

from reconciler.plan.action import Action
from reconciler.plan.change import ReasonCode, Reversibility
from reconciler.plan.plan import FORMAT_VERSION, Verdict
from reconciler.plan.roster import RosterAction

_DIGEST = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
_ADDRESS = {"type": "string", "pattern": "^[A-Za-z]+/.+$"}
_TEXT = {"type": "string"}
_OPTIONAL_TEXT = {"type": ["string", "null"]}
_COUNT = {"type": "integer", "minimum": 0}
_COUNTS = {"type": "object", "additionalProperties": _COUNT}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": sorted(properties), "properties": properties}


def _with_optional(schema: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {**schema, "properties": {**schema["properties"], **properties}}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


_FIELD = _object(
    path=_TEXT, operation={"enum": ["set", "clear", "edit", "insert", "remove", "move"]}, before={}, after={}
)
_CHANGE = _object(
    address=_ADDRESS,
    action={"enum": [action.value for action in Action]},
    before={"type": ["object", "null"]},
    after={"type": ["object", "null"]},
    fields=_list(_FIELD),
    reason=_object(
        code={"enum": [code.value for code in ReasonCode]}, text=_TEXT, source=_OPTIONAL_TEXT, rule=_OPTIONAL_TEXT
    ),
    remoteId=_OPTIONAL_TEXT,
    liveMoniker=_OPTIONAL_TEXT,
    waitsFor=_list(_ADDRESS),
    fingerprint={"anyOf": [_DIGEST, {"type": "null"}]},
    reversibility={"enum": [value.value for value in Reversibility]},
    impact=_object(sims=_COUNT, effect=_TEXT),
    notes=_list(_TEXT),
    unmanagedMembers=_COUNT,
    protect={"type": "boolean"},
    retain={"type": "boolean"},
    adopts={"type": "boolean"},
    filled=_list(_TEXT),
    reaches=_list(_TEXT),
    secretDigests={"type": "object", "additionalProperties": _TEXT},
    rowVersion={"type": ["integer", "null"], "minimum": 1},
)
_GUARD = _object(
    guard=_TEXT,
    verdict={"enum": [verdict.value for verdict in Verdict]},
    message=_TEXT,
    nextStep=_TEXT,
    addresses=_list(_ADDRESS),
    measured={"type": ["integer", "null"]},
    limit={"type": ["integer", "null"]},
)
_UNCOMPARED = _object(
    address=_ADDRESS,
    field=_TEXT,
    reference={
        "anyOf": [{"type": "null"}, _object(env=_TEXT), _object(file=_TEXT)],
    },
    isMissing={"type": "boolean"},
)
_ICCID = {"type": "string", "maxLength": 100}
_ROSTER = _object(
    changes=_list(
        _object(
            action={"enum": [action.value for action in RosterAction]},
            address=_TEXT,
            source=_OPTIONAL_TEXT,
            target=_OPTIONAL_TEXT,
            count=_COUNT,
            iccids=_list(_ICCID),
            losingAddress=_COUNT,
            staticAddresses=_list({"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}),
            batch={"type": "integer", "minimum": 1},
            place=_OPTIONAL_TEXT,
            reason=_TEXT,
            places=_list(_TEXT),
            causedBy={"type": "object", "additionalProperties": _ADDRESS},
        )
    ),
    edits=_list(
        _object(
            address=_TEXT,
            iccid=_ICCID,
            before={"type": "object"},
            after={"type": "object"},
            group=_OPTIONAL_TEXT,
            place=_TEXT,
        )
    ),
    effects=_list(_object(setting=_TEXT, sims=_COUNT, isNoticed={"type": "boolean"}, effect=_TEXT)),
    managed=_COUNT,
    unchanged=_COUNT,
    suspended=_list(_ICCID),
    missing=_list(_ICCID),
    gone=_list(_ICCID),
    unlisted={"type": "object", "additionalProperties": _list(_ICCID)},
    files={"type": "object", "additionalProperties": _DIGEST},
    activation={"type": "object"},
)
_FACTS = _object(
    owned=_COUNTS,
    sims=_COUNTS,
    ownGroups=_list(_TEXT),
    newGroups=_list(_TEXT),
    isEstablished={"type": "boolean"},
    sharedValues=_list(_object(setting=_TEXT, sims=_COUNT)),
    gone=_list(_ADDRESS),
)
_NAMES = {"type": "object", "additionalProperties": _TEXT}
_GROUNDS = _object(
    foreign=_list(_ADDRESS),
    others=_NAMES,
    former=_NAMES,
    outside=_list(
        _object(
            address=_ADDRESS,
            text=_TEXT,
            nextStep=_TEXT,
            isRefused={"type": "boolean"},
            sims={"type": ["integer", "null"], "minimum": 0},
        )
    ),
    madeBeside=_list(_ADDRESS),
    running=_OPTIONAL_TEXT,
    fixed=_list(_ADDRESS),
    held=_COUNTS,
    users={"type": "object", "additionalProperties": _list(_ADDRESS)},
    othersGroups=_NAMES,
    nets={"type": "object", "additionalProperties": _object(vslice=_TEXT, subnet=_TEXT, sims=_COUNT)},
    pinnedAccount=_OPTIONAL_TEXT,
    claims=_list(_object(first=_TEXT, second=_TEXT, count=_COUNT, some=_list(_ICCID))),
    limits=_list(
        _object(address=_TEXT, most={"anyOf": [_COUNT, {"type": "string", "pattern": "^[0-9]{1,3}%$"}]}, size=_COUNT)
    ),
)
PLAN_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A reconciler plan file",
    **_object(
        digest=_DIGEST,
        seal=_DIGEST,
        origin=_TEXT,
        plan=_with_optional(
            _object(
                formatVersion={"const": FORMAT_VERSION},
                basis=_object(
                    toolVersion=_TEXT,
                    account=_OPTIONAL_TEXT,
                    lineage=_OPTIONAL_TEXT,
                    serial=_COUNT,
                    manifests=_DIGEST,
                    policy=_DIGEST,
                    estate=_TEXT,
                ),
                changes=_list(_CHANGE),
                drift=_list(_object(address=_ADDRESS, vanished={"type": "boolean"}, fields=_list(_FIELD))),
                unmanaged=_list(_object(address=_ADDRESS, sims={"type": ["integer", "null"]}, owner=_OPTIONAL_TEXT)),
                guards=_list(_GUARD),
                roster=_ROSTER,
                facts=_FACTS,
                grounds=_GROUNDS,
                summary=_object(
                    **dict.fromkeys([*(a.value for a in Action), "unchanged", "sims", "simsTouched"], _COUNT)
                ),
            ),
            uncompared={**_list(_UNCOMPARED), "minItems": 1},
        ),
    ),
}
