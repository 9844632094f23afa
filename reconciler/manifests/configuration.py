"""The configuration of an estate: ``reconciler.yaml`` at its root."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from reconciler.diagnostics import INVALID_ESTATE_CONFIGURATION, Diagnostic, Report, nearest
from reconciler.errors import InvalidManifests
from reconciler.kinds import object_kinds
from reconciler.manifests.declarations import Configuration
from reconciler.manifests.files import CONFIGURATION_FILE, LARGEST_CONFIGURATION_BYTES
from reconciler.manifests.guardrails import GuardrailSettings, limits_of
from reconciler.manifests.metadata import ESTATE, METADATA, check_outer_fields
from reconciler.manifests.opened_files import FileRefused, read_below
from reconciler.manifests.problems import absent_fields, diagnostics_of, missing_field, unknown_field
from reconciler.manifests.scope import ScopeSettings, scope_of
from reconciler.manifests.yaml_reader import read_documents
from reconciler.model.address import Address
from reconciler.model.checks import Check, ShownAs, refusal
from reconciler.model.closed import closed
from reconciler.model.fields import Doc
from reconciler.model.reserved_variables import is_hidden, owner_of
from reconciler.model.scalars import Text, refuse
from reconciler.model.shape import shape_of
from reconciler.positions import Span

STORE_VARIABLE = "RECONCILER_STORE"
"""The variable in which the caller names the store."""

_ADDRESS = re.compile(r"postgresql://(?:[^@/:=\s]*@)?[^@/=\s]*(?:/[^@/=\s]*)?")
"""User, hosts and database, none of which holds what another reader would take for a setting or another host."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_FIELDS = {
    "token": "STACUITY_TOKEN or --token-file",
    "platform": "STACUITY_HOST or --platform",
    "host": "STACUITY_HOST or --platform",
}

_MEANT = {f"{Path(CONFIGURATION_FILE).stem}{end}" for end in (".yaml", ".yml", ".json")}


def _store(value: Any) -> Any:
    if isinstance(value, Mapping):
        name = value.get("env")
        if set(value) != {"env"} or not isinstance(name, str) or not _VARIABLE.fullmatch(name):
            raise refuse("{env: NAME}", value, "write {env: NAME}")
        if (owner := owner_of(name)) is not None and name != STORE_VARIABLE:
            facts = {
                "expected": f"a variable with the store's address; {name} belongs to {owner}, and no file reads it",
                "fix": f"remove spec.store, and set {STORE_VARIABLE} to the address",
            }
            raise refusal("value", "expected {expected}", facts)
        return {"env": str(name)}
    text = str(value) if isinstance(value, str) else ""
    if text.startswith("postgresql://"):
        if "@" in text and ":" in text.removeprefix("postgresql://").split("@")[0]:
            # Not `refuse`, which shows the value.
            facts = {"expected": "an address without a password", "fix": "write {env: NAME} and set the variable to it"}
            raise refusal("value", "expected {expected}", facts)
        if "?" in text or "#" in text or not _ADDRESS.fullmatch(unquote(text)):
            facts = {"expected": "an address without settings", "fix": "set RECONCILER_STORE to the whole address"}
            raise refusal("value", "expected {expected}", facts)
        return text
    path = text.removeprefix("sqlite:")
    if not text.startswith("sqlite:") or not path or path.startswith(("/", "~")) or ".." in path.split("/"):
        # Not `refuse`, which shows the value: an address of another database may hold its password.
        facts = {
            "expected": "sqlite:<path below the estate>, postgresql://… or {env: NAME}",
            "fix": "write sqlite:.reconciler/state.db",
        }
        raise refusal("value", "expected {expected}", facts)
    return text


def _is_other_store(path: tuple[str | int, ...], spec: Any) -> bool:
    """Whether a finding is about a store that is no file: the address of a database may hold its password."""
    store = spec.get("store") if isinstance(spec, Mapping) else None
    return path[:2] == ("spec", "store") and not (isinstance(store, str) and store.startswith("sqlite:"))


def _manifest_path(value: Any) -> str:
    text = str(value) if isinstance(value, str) else ""
    if not text or text.startswith(("/", "~")) or ".." in text.split("/"):
        raise refuse("a file or folder below the estate", value, "write a relative path without ..")
    if is_hidden(text.split("/")):
        raise refuse("a path without a name that begins with a dot", value, "put the manifests into a folder of theirs")
    return text


def _removed(value: Any) -> str:
    text = str(value) if isinstance(value, str) else ""
    kind, _, name = text.partition("/")
    if kind not in object_kinds() or not name:
        guess = nearest(kind, object_kinds())
        fix = f"write {guess}/{name or 'NAME'}" if guess else "write the address as `reconciler inventory list` does"
        raise refuse("the address of an object, as KIND/NAME", value, fix)
    return text


@closed
class AccountSettings(TypedDict, total=False):
    """The platform account."""

    type: Annotated[Literal["integrated", "edge"], Doc("Where the IMSIs are hosted (D-50); default: integrated.")]


@closed
class EstateSpec(TypedDict, total=False):
    """How one estate is managed."""

    account: Annotated[AccountSettings, Doc("The platform account.")]
    manifests: Annotated[
        list[Annotated[str, Check(_manifest_path)]],
        Doc("Files and folders below this one; default: every *.yaml here."),
    ]
    store: Annotated[
        Any,
        Check(_store),
        ShownAs(
            {
                "anyOf": [
                    {"type": "string", "pattern": "^(sqlite:|postgresql://)"},
                    {"type": "object", "properties": {"env": {"type": "string"}}, "required": ["env"]},
                ]
            }
        ),
        Doc(
            "Where inventory, journal and lock live: sqlite:<path below the estate>, postgresql://… without a "
            "password, or {env: NAME} of a variable that says it; default: sqlite:.reconciler/state.db."
        ),
    ]
    guardrails: Annotated[GuardrailSettings, Doc("Limits of what one plan may do.")]
    removed: Annotated[
        list[Annotated[str, Check(_removed)]],
        Doc("Addresses (KIND/NAME) that stop being owned by this estate; the platform keeps the objects."),
    ]
    environment: Annotated[Text, Doc("The environment of the divisions whose parameters count; default: none.")]
    scope: Annotated[ScopeSettings, Doc("The objects and SIMs that this estate may own; default: any.")]


SETTINGS = shape_of(EstateSpec)
"""The fields of a configuration's spec, for schemas and documentation."""


def settings_schema() -> dict[str, Any]:
    """The JSON Schema of a configuration's spec, as pydantic makes it."""
    return TypeAdapter(EstateSpec).json_schema()


def sound_configuration(root: Path) -> tuple[Configuration, bytes]:
    """The configuration, or `InvalidManifests` where anything is wrong: defaults would be another store."""
    found: list[Diagnostic] = []
    configuration, content = load_configuration(root, found.append)
    if found:
        raise InvalidManifests(found, sources={CONFIGURATION_FILE: content})
    return configuration, content


def load_configuration(root: Path, report: Report) -> tuple[Configuration, bytes]:
    """
    The configuration at `root`, and the bytes it was read from (empty without a file).

    Everything that is wrong goes to `report`; then the defaults are used.
    """
    fallback = Configuration(root.resolve().name)
    _report_mistaken(root, report)
    if not (root / CONFIGURATION_FILE).exists() and not (root / CONFIGURATION_FILE).is_symlink():
        return fallback, b""
    try:
        content = read_below(root, CONFIGURATION_FILE, LARGEST_CONFIGURATION_BYTES)
    except FileRefused as refusal:
        report(refusal.diagnostic())
        return fallback, b""
    broken: list[Diagnostic] = []
    documents = read_documents(CONFIGURATION_FILE, content, broken.append)
    for finding in broken:
        report(finding)
    if not documents and not broken:
        detail = "The configuration is empty; without this file the defaults hold."
        report(
            _at(CONFIGURATION_FILE, detail, "Write apiVersion, kind: Estate, metadata and spec, or remove the file.")
        )
    for extra in documents[1:]:
        detail = "The configuration is one document."
        found = Diagnostic(INVALID_ESTATE_CONFIGURATION, detail, "Remove the others.", span=extra.marks.value(()))
        report(found)
    for document in documents[:1]:
        findings: list[Diagnostic] = []
        configuration = _read(document.data, fallback, findings.append)
        marks = document.marks
        for finding in findings:
            span = marks.key(finding.path) if finding.at_key else marks.value(finding.path)
            report(replace(finding, span=span, address=None))
        if configuration is not None:
            if not configuration.manifests:
                detail = "spec.manifests names nothing, so nothing would be read."
                hint = (
                    "Name the files and folders of the manifests, or remove manifests: then every *.yaml here is read."
                )
                span = marks.value(("spec", "manifests"))
                report(Diagnostic(INVALID_ESTATE_CONFIGURATION, detail, hint, span=span))
                return fallback, content
            for place, name in enumerate(configuration.manifests):
                if not (root / name).exists() and not (root / name).is_symlink():
                    detail = f"spec.manifests names {name}, which does not exist."
                    span = marks.value(("spec", "manifests", place))
                    report(Diagnostic(INVALID_ESTATE_CONFIGURATION, detail, "Make it, or correct the path.", span=span))
                    return fallback, content
            return configuration, content
    return fallback, content


def _report_mistaken(root: Path, report: Report) -> None:
    """Report each file that is meant as the configuration and has another name: it would count for nothing."""
    names = [entry.name for entry in root.iterdir()] if root.is_dir() else []
    for name in sorted(name for name in names if name.lower() in _MEANT and name != CONFIGURATION_FILE):
        detail = f"{name} is not read: the configuration of an estate is {CONFIGURATION_FILE}, in small letters."
        report(_at(name, detail, f"Rename it to {CONFIGURATION_FILE}, or remove it."))


def _at(file: str, detail: str, hint: str) -> Diagnostic:
    return Diagnostic(INVALID_ESTATE_CONFIGURATION, detail, hint, span=Span(file, 1, 1, 1, 1))


def _read(data: object, fallback: Configuration, report: Report) -> Configuration | None:
    if not isinstance(data, Mapping):
        detail = "The configuration is a mapping with apiVersion, kind: Estate, metadata and spec."
        report(Diagnostic(INVALID_ESTATE_CONFIGURATION, detail, "Write these four fields."))
        return None
    if check_outer_fields(data, "", (ESTATE,), report) is None:
        return None
    name = _name(data, report)
    spec = data.get("spec")
    if isinstance(spec, Mapping):
        spec = _without_adoption(_without_secrets(spec, ("spec",), report), report)
        account = spec.get("account")
        if isinstance(account, Mapping):
            spec["account"] = _without_secrets(account, ("spec", "account"), report)
    try:
        read = TypeAdapter(EstateSpec).validate_python({} if "spec" not in data else spec)
    except ValidationError as error:
        for finding in diagnostics_of(error, spec, SETTINGS, "", ("spec",)):
            report(replace(finding, hides_value=_is_other_store(finding.path, spec)))
        return None
    return Configuration(
        name or fallback.name,
        account_type=read.get("account", {}).get("type", "integrated"),
        manifests=tuple(read.get("manifests", (".",))),
        store=read.get("store", fallback.store),
        guardrails=limits_of(read.get("guardrails", {})),
        scope=scope_of(read.get("scope", {})),
        removed=tuple(dict.fromkeys(map(Address.parse, read.get("removed", ())))),
        environment=read.get("environment"),
    )


def _without_secrets(settings: Mapping[str, Any], path: tuple[str, ...], report: Report) -> dict[str, Any]:
    """The settings without those that a file may not hold; each of them is reported, once."""
    for name, instead in _SECRET_FIELDS.items():
        if name in settings:
            detail = f"{name} is never set in a file of the estate; {instead} sets it."
            hint = f"Remove {name}, and set {instead}."
            report(Diagnostic(INVALID_ESTATE_CONFIGURATION, detail, hint, None, (*path, name), at_key=True))
    return {name: value for name, value in settings.items() if name not in _SECRET_FIELDS}


def _without_adoption(settings: dict[str, Any], report: Report) -> dict[str, Any]:
    """The settings without a general consent to take things over, which is reported: each adoption is a change."""
    if "adoption" in settings:
        detail = "adoption is no setting: what exists is taken over by a plan that somebody reviews, never by a file."
        hint = "Remove adoption; to take over, use --adopt of plan and apply, or reconciler adopt."
        report(Diagnostic(INVALID_ESTATE_CONFIGURATION, detail, hint, None, ("spec", "adoption"), at_key=True))
    return {name: value for name, value in settings.items() if name != "adoption"}


def _name(data: Mapping[str, Any], report: Report) -> str | None:
    metadata = data.get("metadata")
    if not isinstance(metadata, Mapping):
        return None
    for member in metadata:
        if member not in METADATA:
            report(unknown_field(member, METADATA, "metadata", "", ("metadata", member)))
    for member in absent_fields(("name",), metadata, METADATA):
        report(missing_field(member, "metadata", "", ("metadata",)))
    if "name" not in metadata:
        return None
    name = metadata["name"]
    if not isinstance(name, str) or not name.strip() or name != name.strip() or not name.isprintable():
        detail = "metadata.name must be a name: one line of text that is not empty, without blanks around it."
        report(Diagnostic(INVALID_ESTATE_CONFIGURATION, detail, "Write a name.", None, ("metadata", "name")))
    else:
        return str(name)
    return None
