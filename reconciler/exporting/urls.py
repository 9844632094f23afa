"""Which addresses of webhooks can be written into a manifest: those without anything that may be a secret."""

import re
from urllib.parse import urlsplit

_WORDS = re.compile(r"[A-Za-z]{1,20}(?:[-_.][A-Za-z]{1,20})*")
_NUMBER = re.compile(r"[vV]?[0-9]{1,4}")
_LABEL = re.compile(r"[a-z]{0,20}[0-9]{0,3}(?:-[a-z]{0,20}[0-9]{0,3}){0,4}")
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_LONGEST_RUN_OF_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xz]{6,}", re.IGNORECASE)


def is_harmless(url: str) -> bool:
    """
    Whether a URL holds nothing that may be a secret: no user, no query, and only words and small numbers in its path.

    A word is of letters of one case, but for its first, since tokens mix them. The doubtful answer is no: the URL is
    then a secret reference, which costs its owner one variable.
    """
    try:
        parts = urlsplit(url)
        host, user = parts.hostname, parts.username
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not host or user is not None or any(sign in url for sign in "?#@%"):
        return False
    is_plain_host = _ADDRESS.fullmatch(host) or all(_is_label(label) for label in host.split("."))
    return bool(is_plain_host) and all(_is_word(segment) for segment in parts.path.split("/") if segment)


def _is_label(label: str) -> bool:
    return bool(label) and bool(_LABEL.fullmatch(label)) and not _LONGEST_RUN_OF_CONSONANTS.search(label)


def _is_word(segment: str) -> bool:
    if _NUMBER.fullmatch(segment):
        return True
    if not _WORDS.fullmatch(segment) or _LONGEST_RUN_OF_CONSONANTS.search(segment):
        return False
    return all(word[1:].islower() or word.isupper() or len(word) == 1 for word in re.split(r"[-_.]", segment))
