"""The caller's policy: limits, and the secrets that manifests may read, from a file outside of the tree."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from reconciler.diagnostics import INVALID_POLICY, Diagnostic
from reconciler.errors import InvalidManifests
from reconciler.manifests.guardrails import GuardrailSettings, limits_of
from reconciler.manifests.metadata import check_outer_fields
from reconciler.manifests.problems import diagnostics_of
from reconciler.manifests.revision import file_in, owners_of, revision_of
from reconciler.manifests.waivers import WaiverSettings, waivers_of
from reconciler.manifests.yaml_reader import read_documents
from reconciler.model.closed import closed
from reconciler.model.fields import Doc
from reconciler.model.shape import shape_of
from reconciler.named_files import read_named
from reconciler.plan.limits import STANDARD, Limits
from reconciler.plan.waivers import Waiver
from reconciler.positions import Span

POLICY = "Policy"
_LARGEST_BYTES = 1024 * 1024


@closed
class PolicySpec(TypedDict, total=False):
    """The limits that the caller of a command allows."""

    guardrails: Annotated[GuardrailSettings, Doc("Limits; each wins over the one of reconciler.yaml.")]
    waivers: Annotated[list[WaiverSettings], Doc("Recorded consents, each to one finding of one guard.")]
    secrets: Annotated[list[str], Doc("Patterns of the secrets that manifests may read, as for --secrets.")]


SETTINGS = shape_of(PolicySpec)


@dataclass(frozen=True, slots=True)
class Policy:
    """
    The limits and waivers that the caller states, and the patterns of the secrets that manifests may read.

    `source` is where they are written, `owners` are its owners by the forge's file of code owners.
    """

    limits: Limits = STANDARD
    secrets: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    source: str = ""
    owners: tuple[str, ...] = ()


NO_POLICY = Policy()


def load_policy(path: Path) -> Policy:
    """
    The policy in a file, a pipe or standard input.

    Raises `UsageError` when it cannot be read, and `InvalidManifests` with everything that is wrong in it.
    """
    content = read_named(path, limit=_LARGEST_BYTES, noun="the policy", hint="name a policy file with --policy")
    return _policy(str(path), content)


def policy_in_revision(root: Path, place: str, variables: Mapping[str, str]) -> Policy:
    """
    The policy at ``REV:PATH`` of the repository that a folder is in, whatever the folder holds now.

    Raises as `load_policy` does, and `UsageError` where there is no such revision or file.
    """
    name, _, path = place.partition(":")
    revision = revision_of(root, name, variables)
    found = _policy(f"{name}:{path} ({revision.commit[:12]})", file_in(revision, path, _LARGEST_BYTES))
    return replace(found, owners=owners_of(revision, path))


def _policy(name: str, content: bytes) -> Policy:
    found: list[Diagnostic] = []
    documents = read_documents(name, content, found.append)
    if len(documents) != 1 and not found:
        detail = f"A policy is one document; this file has {len(documents)}."
        hint = "Write apiVersion, kind: Policy, metadata and spec."
        found.append(Diagnostic(INVALID_POLICY, detail, hint, span=Span(name, 1, 1, 1, 1)))
    spec: Any = None
    for document in documents[:1]:
        inner: list[Diagnostic] = []
        spec = _checked(document.data, inner)
        for one in inner:
            span = document.marks.key(one.path) if one.at_key else document.marks.value(one.path)
            found.append(replace(one, span=span, address=None))
    if found:
        raise InvalidManifests(found, sources={name: content})
    waivers = waivers_of(spec.get("waivers", ()), name)
    return Policy(limits_of(spec.get("guardrails", {})), tuple(spec.get("secrets", ())), waivers, name)


def _checked(data: object, found: list[Diagnostic]) -> Any:
    if not isinstance(data, Mapping):
        detail = "A policy is a mapping with apiVersion, kind: Policy, metadata and spec."
        found.append(Diagnostic(INVALID_POLICY, detail, "Write these four fields."))
        return None
    if check_outer_fields(data, "", (POLICY,), found.append) is None or found:
        return None
    spec = data.get("spec")
    try:
        return TypeAdapter(PolicySpec).validate_python(spec)
    except ValidationError as error:
        found.extend(diagnostics_of(error, spec, SETTINGS, "", ("spec",)))
        return None
