"""Which secrets an estate reads, whether it may, and their values (S6)."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from reconciler.environment import is_ci
from reconciler.errors import InvalidManifests, SecretUnavailable
from reconciler.model.reserved_variables import is_hidden, owner_of
from reconciler.model.secret import SecretRef, host_of
from reconciler.operations.estate import EMBEDDED_FILE, Estate
from reconciler.redaction import KNOWN

if TYPE_CHECKING:
    from reconciler.manifests.declarations import Loaded
    from reconciler.plan.plan import Plan
    from reconciler.store.location import StoreLocation

ALLOWED_VARIABLE = "RECONCILER_SECRETS"
_LARGEST_SECRET = 64 * 1024
_LINE_ENDS = ("\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
_NOT_IN_A_SECRET = {"Cc", "Cs", "Zl", "Zp"}
_URL = re.compile(r"https?://", re.IGNORECASE)
_PROVIDE = "set the variables or write the files that the manifests name"
_OTHER_HOST = "name a host that receives what is meant for it"


@dataclass(frozen=True, slots=True)
class SecretSource:
    """
    Finds the value of a secret reference: an environment variable, or a file below the estate.

    `allowed` are the caller's patterns, of which one must fit; None is for a caller who gives none and is no pipeline:
    then everything may be read that is not the machine's own. `guarded` are files that are never read.
    """

    root: Path
    variables: Mapping[str, str]
    allowed: tuple[str, ...] | None = None
    guarded: tuple[Path, ...] = ()

    @classmethod
    def of(
        cls, root: Path, variables: Mapping[str, str], patterns: Sequence[str] = (), guarded: Sequence[Path | None] = ()
    ) -> "SecretSource":
        """The source of one command; `patterns` are those of ``--secrets``, to which the variable's are added."""
        given = (*patterns, *variables.get(ALLOWED_VARIABLE, "").replace(",", " ").split())
        allowed = given if given or is_ci(variables) else None
        return cls(root, variables, allowed, tuple(path for path in guarded if path is not None))

    def __call__(self, reference: SecretRef) -> str:
        """The value; `SecretUnavailable` when there is none. The message names the place, never a value."""
        found = self.find(reference)
        if found is None:
            message = f"the secret from {reference} is not available"
            hint = (
                f"set the environment variable {reference.env}"
                if reference.env
                else f"write it into the file {reference.file} below the estate"
            )
            raise SecretUnavailable(message, hint=hint)
        return found

    def find(self, reference: SecretRef) -> str | None:
        """The value, or None where there is none; `SecretUnavailable` where it may not be read, or makes no sense."""
        refused = self.objection(reference)
        if refused is not None:
            raise _not_read(reference, refused)
        text = self._text(reference)
        if text is None:
            return None
        # Also what is refused is a secret: an error may quote the text as it came.
        KNOWN.know(text)
        found = _cleaned(text, reference) or None
        KNOWN.know(found)
        return found

    def objection(self, reference: SecretRef) -> tuple[str, str] | None:
        """Why this reference is not followed, and what to do; None when it may be. Nothing is read for it."""
        if reference.env is not None and (owner := owner_of(reference.env)) is not None:
            return f"the variable belongs to {owner}", "give the secret to reconciler in a variable of its own"
        if reference.file is not None:
            names = self._place(reference.file)
            if names is None:
                return "the file lies outside of the estate", "put it below the folder of the estate"
            if not names or is_hidden(names):
                return "the file is hidden", "put the secret into a file of its own, such as secrets/noc-password"
            if self._is_guarded(names):
                return "the file belongs to reconciler", "put the secret into a file of its own"
        if not all(self._is_allowed(name) for name in self._names_of(reference)):
            pattern = quote(reference.env or f"file:{reference.file}")
            return (
                "the caller does not allow it",
                f"whoever runs this allows it with --secrets {pattern}, or {ALLOWED_VARIABLE}={pattern}",
            )
        return None

    def _is_allowed(self, reference: SecretRef) -> bool:
        return self.allowed is None or any(_fits(pattern, reference) for pattern in self.allowed)

    def _names_of(self, reference: SecretRef) -> Iterator[SecretRef]:
        """The reference, and the file that it leads to: a link in an allowed folder may lead out of it."""
        yield reference
        if reference.file is not None and (names := self._place(reference.file)) is not None:
            yield SecretRef(file="/".join(name for name in names if not name.startswith("..")))

    def _place(self, file: str) -> tuple[str, ...] | None:
        """The names of a file below the root, links followed; None when it lies elsewhere."""
        try:
            top = self.root.resolve()
            return (top / file).resolve().relative_to(top).parts
        except (OSError, ValueError, RuntimeError):
            return None

    def _is_guarded(self, names: tuple[str, ...]) -> bool:
        found = self.root.joinpath(*names)
        for path in self.guarded:
            beside = {path.name + end for end in ("", "-wal", "-shm", "-journal")}
            if found.name in beside and found.parent.resolve() == path.parent.resolve():
                # The file itself, and what a database writes beside it.
                return True
            try:
                if found.samefile(path):
                    return True
            except OSError:
                continue
        return False

    def _text(self, reference: SecretRef) -> str | None:
        if reference.env is not None:
            return self.variables.get(reference.env)
        from reconciler.diagnostics import FILE_NOT_FOUND
        from reconciler.manifests.opened_files import FileRefused, read_below

        names = self._place(reference.file or "")
        try:
            return read_below(self.root.resolve(), "/".join(names or ()), _LARGEST_SECRET).decode()
        except FileRefused as error:
            if error.code is FILE_NOT_FOUND:
                return None
            message = f"the secret from {reference} cannot be read: {error.detail.removesuffix('.')}"
            raise SecretUnavailable(message, hint="put the secret into a small file of its own") from error
        except UnicodeDecodeError as error:
            message = f"the secret from {reference} is not text in UTF-8"
            raise SecretUnavailable(message, hint="save the file as UTF-8") from error


def secret_source(estate: Estate, *, store: "StoreLocation | None" = None, allowed: Sequence[str] = ()) -> SecretSource:
    """Where an operation finds secrets, and which the caller allows; `allowed` are the patterns of the policy."""
    guarded = (estate.platform.token_file, store.path if store else None, estate.root / EMBEDDED_FILE)
    return SecretSource.of(estate.root, estate.environment.variables, (*estate.caller.secrets, *allowed), guarded)


def _not_read(reference: SecretRef, refused: tuple[str, str]) -> SecretUnavailable:
    message = f"the secret from {reference} is not read: {refused[0]}"
    return SecretUnavailable(message, hint=refused[1])


def _cleaned(text: str, reference: SecretRef) -> str:
    """The secret without byte order mark and without one line end; `SecretUnavailable` for other control characters."""
    text = text.removeprefix("\ufeff")
    end = next((end for end in _LINE_ENDS if text.endswith(end)), "")
    text = text.removesuffix(end)
    if any(unicodedata.category(letter) in _NOT_IN_A_SECRET for letter in text):
        message = f"the secret from {reference} holds a control character or more than one line"
        raise SecretUnavailable(message, hint="write the secret alone, on one line, in UTF-8")
    if text and not text.strip():
        message = f"the secret from {reference} is blank"
        raise SecretUnavailable(message, hint="write the secret itself, or remove the reference")
    return text


def _fits(pattern: str, reference: SecretRef) -> bool:
    """``NOC_*`` and ``env:NOC_*`` are for variables, ``file:secrets/*`` for files; a star stays within a folder."""
    kind, _, rest = pattern.rpartition(":")
    if reference.env is not None:
        return kind in {"", "env"} and fnmatchcase(reference.env, rest)
    from reconciler.manifests.reserved_files import fits

    return kind == "file" and fits(rest, "/".join(n for n in (reference.file or "").split("/") if n not in {"", "."}))


def permit(wanted: Iterable[SecretRef], source: SecretSource) -> None:
    """Raise `SecretUnavailable` for the first reference that may not be followed; nothing is read."""
    for reference in wanted:
        if (refused := source.objection(reference)) is not None:
            raise _not_read(reference, refused)


def require(needed: Mapping[SecretRef, str], source: SecretSource) -> None:
    """Raise `SecretUnavailable` naming every secret that is not there and what it is for; values are not kept."""
    permit(needed, source)
    found = {reference: source.find(reference) for reference in needed}
    missing = [f"{reference} ({needed[reference]})" for reference, value in found.items() if value is None]
    if missing:
        message = f"{len(missing)} secrets that are needed are" if len(missing) > 1 else "a secret that is needed is"
        message += f" not available: {', '.join(missing)}"
        raise SecretUnavailable(message, hint=_PROVIDE)
    for reference, value in found.items():
        if (why := _sent_astray(value)) is not None:
            raise SecretUnavailable(_astray(reference, why), hint=_OTHER_HOST)


def _sent_astray(value: str | None) -> str | None:
    """Why nothing may be sent to the address that a secret is; None where it is none, or a good one."""
    from reconciler.model.destinations import port_objection, url_objection

    if value is None or "://" not in value:
        return None
    return url_objection(value) or (port_objection(value) if _URL.match(value) else None)


def _astray(reference: SecretRef, why: str) -> str:
    return f"the secret from {reference} is an address to which nothing may be sent: {why}"


def references(loaded: "Loaded") -> Iterator[tuple[str, tuple[str, ...], SecretRef]]:
    """Each secret that the manifests name, with the address and the field that it is for."""
    from reconciler.kinds import kind_named

    for address, resource in loaded.built.estate.items():
        for path in kind_named(address.kind).secret_paths:
            value: object = resource.spec
            for part in path:
                value = value.get(part) if isinstance(value, Mapping) else None
            reference = SecretRef.of(value)
            if reference is not None:
                yield str(address), path, reference


def examined(loaded: "Loaded", source: SecretSource) -> tuple[SecretRef, ...]:
    """
    Every secret that the manifests name, each once, in their order.

    Raises `InvalidManifests`, with the place of each, for those that may not be read, make no sense as a secret, or
    are the address of a host that nothing may be sent to. A secret that is not there is no error here.
    """
    from reconciler.diagnostics import INVALID_VALUE, Diagnostic, located

    named = list(references(loaded))
    for problem in (_may_not, _is_wrong):
        # Nothing is read while any reference may not be followed.
        problems = [
            Diagnostic(INVALID_VALUE, f"{found[0]}.", f"{found[1]}.", address, ("spec", *path), rule="S6")
            for address, path, reference in named
            if (found := problem(reference, source, path)) is not None
        ]
        if problems:
            raise InvalidManifests(located(problems, loaded.built.origins), sources=loaded.sources)
    return tuple(dict.fromkeys(reference for _, _, reference in named))


def _may_not(reference: SecretRef, source: SecretSource, _: tuple[str, ...]) -> tuple[str, str] | None:
    refused = source.objection(reference)
    return None if refused is None else (str(_not_read(reference, refused)), refused[1])


def _is_wrong(reference: SecretRef, source: SecretSource, path: tuple[str, ...]) -> tuple[str, str] | None:
    try:
        value = source.find(reference)
    except SecretUnavailable as error:
        return str(error), str(error.hint)
    if (why := _sent_astray(value)) is not None:
        return _astray(reference, why), _OTHER_HOST
    if value is not None and path[-1] == "url" and not (_URL.match(value) and host_of(value)):
        # A reader that parses it otherwise would send to a host that nobody approved.
        return f"the secret from {reference} is no URL such as https://host/path", "write the URL in full"
    return None


def unavailable(plan: "Plan") -> SecretUnavailable | None:
    """The error of a plan that could not compare every secret, because some are not there; None where all are."""
    missing = [item for item in plan.uncompared if item.is_missing]
    if not missing:
        return None
    counted, are = ("1 secret", "it is") if len(missing) == 1 else (f"{len(missing)} secrets", "they are")
    named = ", ".join(sorted({f"{item.reference} ({item.address})" for item in missing}))
    message = f"{counted} not compared, because {are} not available: {named}"
    return SecretUnavailable(message, hint=_PROVIDE)
