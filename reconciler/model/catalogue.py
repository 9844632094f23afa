"""The platform's own lists: gateways, zones, operators and the like, whose words manifests use and never define."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ListFacts:
    """
    The facts about one list that hold without asking: its meaning, where it is read, and the words that are public.

    `key` names the member of a row that manifests write. The paths are unverified, so a wire table may replace each.
    """

    doc: str
    path: str
    key: str = "moniker"
    published: tuple[str, ...] = ()


_MOST_OFFERED = 12

LISTS: Mapping[str, ListFacts] = MappingProxyType(
    {
        "gateways": ListFacts(
            "Regional gateways: where the traffic of SIMs enters the platform.",
            "/regionalgateways",
            published=("europe", "north-america"),
        ),
        "redundancy-zones": ListFacts(
            "Redundancy zones: where routing targets run.",
            "/redundancyzones",
            published=("europe-primary", "north-america-primary"),
        ),
        "target-instances": ListFacts(
            "Instances that serve routing targets.",
            "/routingtargettypeinstances",
            published=("dc14-prod-nat-01a", "ma5-prod-vpn-01a-ipsec", "ma5-prod-vpn-01a-wg"),
        ),
        "rate-limits": ListFacts(
            "Rate limits of routing policies.",
            "/ratelimits",
            published=("unlimited", "1kbits", "1mbits", "10mbits"),
        ),
        "subscription-types": ListFacts("Billing subscriptions of endpoint groups.", "/subscriptiontypes"),
        "operators": ListFacts(
            "Mobile network operators, by the platform's number.", "/operators", key="id", published=("122", "2145")
        ),
        "countries": ListFacts("Countries, by their ISO 3166 alpha-3 code.", "/countries", key="iso3"),
        "event-types": ListFacts(
            "Events that can be delivered to a handler.",
            "/eventtypes",
            published=("endpointsteered_v1", "vpnchildsaphase2up_v1", "vpninitiationsucceeded_v1"),
        ),
    }
)
"""The lists by the name that `catalogue` takes."""


@dataclass(frozen=True, slots=True)
class ListedWord:
    """One row: the word that manifests write, the platform's name for it, and the country it belongs to."""

    word: str
    title: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class WordList:
    """
    One list of the account. `missing` says why there is none; then nothing is checked against it.

    `read_at` is the time in UTC at which the list was read.
    """

    name: str
    words: tuple[ListedWord, ...] = ()
    missing: str | None = None
    read_at: str = ""

    def has(self, value: object) -> bool:
        """Whether a value is in the list, in any case; a list that is missing has everything."""
        return self.missing is not None or str(value).lower() in {row.word.lower() for row in self.words}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The lists of one account, by name."""

    origin: str
    lists: Mapping[str, WordList] = field(default_factory=dict)


NOTHING_SEEN = Catalogue("")


def offered(name: str, seen: Catalogue = NOTHING_SEEN) -> str:
    """A sentence about the words of a list: those that were last seen, or else the published ones."""
    found = seen.lists.get(name)
    if found is not None and found.words:
        words, when = [row.word for row in found.words], f" (seen {found.read_at[:10]})"
    else:
        words, when = list(LISTS[name].published), ""
    more = f", … {len(words):,} in all" if len(words) > _MOST_OFFERED else "" if when else ", …" if words else ""
    some = f": {', '.join(words[:_MOST_OFFERED])}{more}{when}" if words else ""
    return f"a word of the platform's list {name}{some}; `reconciler catalogue {name}` prints it"
