"""
The one place where known secrets are taken out of text that leaves the process (I13, S7).

A value is known from the moment that it is read until its run ends. `foreign` is for texts of others (the platform, a
database, a proxy), which may quote what they got: every value, of any length, in every form. It is called where such a
text comes in, so that the store and the reports only ever see clean texts. `own` is for texts that the program prints:
values of fewer than six characters are left, and so are identifiers, digests, the plain values of the manifests and
the words of enumerations, which are no secret even where they are equal to one. A `document` in JSON keeps its member
names. A plan is written `exactly`: its digest is over its bytes, and its members are names, digests and plain values.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

HIDDEN = "***"
SHORTEST = 6
"""The fewest characters of a value that is taken out of the program's own texts."""

_LEAST_ENCODED = 4
_CERTAIN = 12
"""So many characters are in a digest by no accident."""

_NET = "\"'&+<>`"
_SCRIPT = "\"'&<>/="
_HTML = "\"'&<>"
"""The signs that writers of JSON (.NET, and for scripts in pages) and of HTML write by number."""

_OUR_WORDS = ("reconciler", "sha256", "postgresql", "sqlite", "STACUITY_", "RECONCILER_")
# Digests and ids in hexadecimal digits, and ICCIDs; the longest run, so that a part of one is known as a part.
_IDENTIFIERS = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9a-f]{24,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|89[0-9]{16,18})(?![0-9A-Za-z])"
)


# Of one thread: the others go on saying what they have to say.
_IS_EXACT: ContextVar[bool] = ContextVar("is_exact", default=False)


class KnownSecrets:
    """
    The secret values that a run knows, and the words that it may say although they are equal to one.

    `runs` is how many runs are under way. Without any, nothing is known and nothing is remembered.
    """

    def __init__(self, *, runs: int = 1) -> None:
        self._forms: dict[str | bytes, tuple[frozenset[str], frozenset[str]] | None] = {}
        self._kept: list[Callable[[], Iterable[str]]] = []
        self._runs = runs

    def begin(self) -> None:
        """A run begins; one within another shares what is known."""
        self._runs += 1

    def end(self) -> None:
        """A run ends; with the last one everything is forgotten."""
        self._runs -= 1
        if not self._runs:
            self._forms.clear()
            self._kept.clear()

    def know(self, value: str | bytes | None) -> None:
        """Take this value out of every text of this run from here on."""
        if value and self._runs:
            self._forms.setdefault(value, None)

    def keep(self, words: Callable[[], Iterable[str]]) -> None:
        """Leave these words in the program's own texts; asked for when a text holds something of a secret."""
        if self._runs:
            self._kept.append(words)

    @contextmanager
    def exactly(self) -> Iterator[None]:
        """Leave the output inside as it is: a document under a digest, of names, digests and plain values."""
        before = _IS_EXACT.set(True)
        try:
            yield
        finally:
            _IS_EXACT.reset(before)

    def foreign(self, text: str) -> str:
        """A text of somebody else without any known value."""
        found = self._found(text, 1)
        return found.sub(HIDDEN, text) if found is not None else text

    def own(self, text: str) -> str:
        """A text of the program without known values, but for those that are plain in it."""
        if _IS_EXACT.get() or (found := self._found(text, SHORTEST)) is None:
            return text
        kept = sorted(self._plain(text, found), key=lambda span: (span[0], -span[1]))

        def hidden(match: re.Match[str]) -> str:
            return match[0] if any(a <= match.start() and match.end() <= b for a, b in kept) else HIDDEN

        return found.sub(hidden, text)

    def document(self, value: Any) -> Any:
        """A value for JSON whose texts are as `own` makes them; names of members, numbers and shapes stay."""
        match value:
            case str():
                return self.own(value)
            case dict():
                return {name: self.document(inner) for name, inner in value.items()}
            case list() | tuple():
                return [self.document(inner) for inner in value]
            case _:
                return value

    def _found(self, text: str, shortest: int) -> re.Pattern[str] | None:
        """The pattern of the forms that are in the text; None when there are none."""
        # Most texts hold none, and looking for each is far cheaper than one pattern of them all.
        if not self._forms:
            return None
        small = text.lower()
        exact, folded = set[str](), set[str]()
        for value in list(self._forms):
            if len(value) >= shortest:
                forms = self._forms[value] = self._forms[value] or forms_of(value)
                exact.update(form for form in forms[0] if form in text)
                folded.update(form for form in forms[1] if form in small)
        if not exact and not folded:
            return None
        parts = [(form, re.escape(form)) for form in exact] + [(form, f"(?i:{re.escape(form)})") for form in folded]
        return re.compile("|".join(part for _, part in sorted(parts, key=lambda part: (-len(part[0]), part[0]))))

    def _plain(self, text: str, found: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        words = {word for words in self._kept for word in words() if word in text and found.search(word)}
        words.update(word for word in _OUR_WORDS if found.search(word))
        for word in words:
            # A word that is longer than the value: `sensor-pages` stays, also where the value is `sensor`.
            yield from (match.span() for match in re.finditer(re.escape(word), text))
        for match in _IDENTIFIERS.finditer(text):
            inner = found.search(match[0])
            if inner is not None and (len(inner[0]) < _CERTAIN or match[0].startswith("89")):
                yield match.span()


KNOWN = KnownSecrets(runs=0)
"""The values that the command which is being run knows."""


def forms_of(value: str | bytes) -> tuple[frozenset[str], frozenset[str]]:
    """Every text that a value is written as: those in these very letters, and those in capital or small letters."""
    import base64
    import html
    import json
    from urllib.parse import quote, quote_plus

    content = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    exact, folded = {repr(content)[2:-1]}, set[str]()
    if isinstance(value, str):
        quoted = json.dumps(value)[1:-1]
        exact |= {value, quoted, json.dumps(value, ensure_ascii=False)[1:-1], quoted.replace("/", "\\/")}
        exact |= {repr(value)[1:-1], html.escape(value), ascii(value)[1:-1]}
        exact |= {form for signs in (_NET, _SCRIPT, None) for form in _as_units(value, signs)}
        exact |= {form for signs in (_HTML, None) for form in _as_references(value, signs)}
        exact |= {html.escape(value).replace("&#x27;", "&apos;"), html.escape(value, quote=False)}
        # Clients differ in the signs that they leave as they are; only the digits of an escape are in either case.
        for safe in ("", "/", "/:", "/:@", "-._~!$&'()*+,;=", "/-._~!$&'()*+,;=:@", "/-._~!$&'()*+,;=:@?"):
            exact |= _both_cases(quote(content, safe=safe))
        exact |= _both_cases(quote_plus(content))
        exact |= {_every_sign(content, "%{:02X}"), _every_sign(content, "%{:02x}")}
        exact |= {quote(quote(content, safe=safe), safe="") for safe in ("", "/")}
    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        exact |= _aligned(content, alphabet)
    digits = content.hex()
    if len(digits) >= _LEAST_ENCODED:
        folded |= {digits, *(content.hex(mark) for mark in ":- ")}
    exact |= {json.dumps(form)[1:-1] for form in exact}
    return frozenset(filter(None, exact)), frozenset(folded)


def _aligned(content: bytes, encode: Callable[[bytes], bytes]) -> set[str]:
    """The letters in base64 that the content alone decides, after 0, 1 or 2 bytes of something else (3n and so on)."""
    found = set()
    whole = encode(content).decode()
    for before in range(3):
        start, end = (before * 8 + 5) // 6, (before + len(content)) * 8 // 6
        found.add(encode(b"\0" * before + content).decode()[start:end])
        # At the end of what is encoded the last letter is decided as well, with padding or without.
        last = encode(b"\0" * before + content).decode()[start:]
        found |= {last, last.rstrip("=")}
    found |= {whole, whole.rstrip("=")}
    return {form for form in found if len(form) >= _LEAST_ENCODED}


def _both_cases(text: str) -> set[str]:
    return {text, re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), text)}


def _as_units(value: str, signs: str | None) -> Iterator[str]:
    """The text in JSON with these signs and all that are not ASCII by number; every sign where none are named."""
    for form in ("\\u{:04X}", "\\u{:04x}"):
        found = ""
        for sign in value:
            if signs is not None and sign.isascii() and sign not in signs:
                found += "\\\\" if sign == "\\" else sign
                continue
            units = sign.encode("utf-16-be", "surrogatepass")
            found += "".join(form.format(units[at] << 8 | units[at + 1]) for at in range(0, len(units), 2))
        yield found


def _as_references(value: str, signs: str | None) -> Iterator[str]:
    """The text in HTML with these signs and all that are not ASCII by number; every sign where none are named."""
    for form in ("&#{};", "&#x{:x};", "&#x{:X};"):
        yield "".join(
            sign if signs is not None and sign.isascii() and sign not in signs else form.format(ord(sign))
            for sign in value
        )


def _every_sign(content: bytes, form: str) -> str:
    return "".join(map(form.format, content))
