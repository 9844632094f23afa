"""The words that people put into an account: texts, names, ports, networks. Everything here is accepted somewhere."""

from random import Random

MONIKERS = (
    "vee",
    "x",
    "a-b",
    "net_1",
    "0start",
    "fleet-uk",
    "abcde",
    "-dash",
    "_under",
    "a" * 30,
    "con",
    "null",
    "true",
    "no",
)
TEXTS = (
    "Fleet UK",
    'Lorry, "Berta"',
    "it's: a - #name",
    "null",
    "yes",
    "010",
    "1e3",
    "2024-01-01",
    "20:22",
    "~",
    "=1+1",
    "'q'",
    "  blanks around  ",
    "two\nlines",
    "tab\there",
    "nbsp\u00a0here",
    "Family \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u200fright to left",
    "über straße 東京",
    "x" * 50,
    "[rule-1]",
    "[web] with a name",
    "a [b] c",
    "{braces}",
    "%percent",
    "@at",
    "emoji \U0001f69a",
    "back\\slash",
    "trailing ",
    "\u202eturned",
    "&amp;",
    "- item",
    "? key",
    ": value",
    "! tag",
    "* star",
    "bell\u0007",
    "soft\u00adhyphen",
)
TAGS = (
    "north",
    "a;b",
    '"quoted"',
    "with, comma",
    "x y",
    "Ünïcode",
    "tab\there",
    "=cmd",
    "'apostrophe",
    "semi;",
    "line\nbreak",
)
PORTS = ("443", "80,443", "0443", "8000-8080", "1-65535", "80, 443", "22,8000-8100,443", " 443 ", "5000 - 6000")
PATTERNS = ("10.0.0.0/8", "10.1.2.3/8", "192.0.2.1", "0.0.0.0/0", "198.51.100.7/32", " 10.9.0.0/16 ")
ADDRESSES = ("192.0.2.10", "198.51.100.1", "8.8.8.8", "1.1.1.1", "203.0.113.9")
NETWORKS = ("192.168.0.0/24", "172.16.0.0/12", "10.77.0.0/16")
RATES = ("unlimited", "1kbits", "128kbits", "10mbits", "2gbits", "10Mbits")
EVENTS = (
    "endpointlocationupdated_v1",
    "EndpointAuthenticated_v1",
    "endpointnetworkstatussetactive_v1",
    "endpointsomethingnew_v7",
    "vpninitiationsucceeded_v1",
    "routingtargetunavailable_v1",
    "bundleusagewarning_v1",
    "somethingelse_v2",
)
COUNTRIES = ("GBR", "gbr", "DEU", "Nor", "USA", "AND", "XKX", "zzz", "FRA")
URLS = (
    "https://hooks.example.com/in/events",
    "https://hooks.example.com/T0A1B2C3D/x9Yz81kqPw",
    "http://user:pass@hooks.example.com/in",
    "https://hooks.example.com/in?key=abc",
    "https://hooks.example.com",
    "https://198.51.100.7:8443/in",
    "https://HOOKS.example.com/In",
)


def case_of(random: Random, word: str) -> str:
    """The word in another spelling of case, now and then."""
    return random.choice((word, word, word, word.upper(), word.title()))


def text_of(random: Random, longest: int) -> str:
    """A name or description."""
    base = random.choice(TEXTS)
    if random.random() < 0.05:
        base = (base + " long ") * 60
    return base[:longest] if len(base[:longest].strip()) > 1 else "plain"
