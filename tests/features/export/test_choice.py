"""A part of an account: by kind, VSlice, address, a field, and what is not managed yet; and the layouts of files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from reconciler.exporting.documents import document, files_of
from reconciler.exporting.names import file_stem, set_name
from reconciler.exporting.urls import is_harmless
from reconciler.manifests.writer import OneLine, written
from reconciler.model.address import Address
from reconciler.model.resource import Resource
from tests.accounts.platform import Platform, platform, tree
from tests.features.sims.estate import iccids

SIMS = iccids(6)


@pytest.fixture(scope="module")
def account() -> Iterator[Platform]:
    """Two networks: one with two groups and SIMs, one with nothing in it."""
    with platform() as found:
        found.network()
        found.made("vslices", moniker="other-net", name="Other", subnetAddress="10.90.0.0/16")
        for name in ("cars-uk", "cars-de"):
            found.group(name)
        found.group("cars-extra", endpointGroupType="secondary", apn="extra.flex")
        found.client.ok("POST", "/EndpointGroups/cars-uk/secondarygroups", {"moniker": "cars-extra"})
        found.simulator.put_sims(SIMS[:3], "cars-uk", "active")
        found.simulator.put_sims(SIMS[3:5], "cars-de", "active")
        found.simulator.put_sims(SIMS[5:])
        found.client.ok("PUT", f"/endpoints/{SIMS[0]}", {"tags": ["night"]})
        yield found


def _exported(account: Platform, folder: Path, *arguments: str) -> tuple[set[str], set[str]]:
    """The objects and the SIMs of an export, which must be valid and change nothing."""
    result = account.run("export", str(folder), *arguments)
    assert (result.exit_code, "Checked:" in result.output) == (0, True), result.output
    objects, sims = set(), set()
    for name, text in tree(folder).items():
        if name.endswith(".yaml") and name != "reconciler.yaml":
            for one in yaml.safe_load_all(text):
                objects.add(f"{one['kind']}/{one['metadata']['name']}")
        elif "sims/" in name:
            sims |= {line.split(",")[0] for line in text.decode().splitlines()[1:]}
    return objects, sims


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "objects", "sims"),
    [
        (("--kind", "VSlice"), {"VSlice/main-net", "VSlice/other-net"}, set()),
        (("--kind", "vslices", "--vslice", "other-*"), {"VSlice/other-net"}, set()),
        (("--vslice", "other-net"), {"VSlice/other-net"}, set()),
        (("--address", "RoutingTarget/*"), {"RoutingTarget/the-internet"}, set()),
        (("--selector", "type=secondary"), {"EndpointGroup/cars-extra"}, set()),
        (("--kind", "EndpointGroup", "--selector", "name=cars-d*"), {"EndpointGroup/cars-de"}, set()),
        (("--kind", "EndpointSet", "--address", "EndpointGroup/cars-de"), {"EndpointSet/cars-de"}, set(SIMS[3:5])),
        (("--selector", "tag=night"), {"EndpointSet/cars-uk"}, {SIMS[0]}),
        (("--selector", "state=pending"), {"EndpointSet/sims-in-no-group"}, {SIMS[5]}),
    ],
)
def test_a_choice_takes_its_part_and_refers_to_the_rest(
    account: Platform, tmp_path: Path, arguments: tuple[str, ...], objects: set[str], sims: set[str]
) -> None:
    """A part of the account is an estate of its own, valid and without changes."""
    assert _exported(account, tmp_path / "estate", *arguments) == (objects, sims)


def test_a_choice_of_sims_says_nothing_of_the_others(account: Platform, tmp_path: Path) -> None:
    """The set of some SIMs of a group is not exclusive: others are in the group, too."""
    _exported(account, tmp_path / "estate", "--selector", "tag=night")
    (one,) = yaml.safe_load_all((tmp_path / "estate" / "endpoint-sets.yaml").read_bytes())
    assert (one["spec"]["group"], one["spec"]["authority"]) == ("existing:cars-uk", "additive")


@pytest.mark.slow
def test_what_is_managed_already_is_left_out(account: Platform, tmp_path: Path) -> None:
    """--unmanaged leaves out objects that the estate owns or declares, and SIMs that it lists."""
    first = tmp_path / "first"
    _exported(account, first, "--address", "VSlice/main-net", "--address", "EndpointGroup/cars-uk")
    found = _exported(account, tmp_path / "second", "--unmanaged", "-C", str(first))
    assert found == (
        {
            *("VSlice/other-net", "RoutingTarget/the-internet", "RoutingPolicy/open-policy", "EndpointGroup/cars-de"),
            *("EndpointGroup/cars-extra", "EndpointSet/cars-de", "EndpointSet/sims-in-no-group"),
        },
        set(SIMS[3:]),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layout", "files"),
    [
        ("kind", {"endpoint-groups.yaml", "sims/cars-uk.csv", "vslices.yaml", "endpoint-sets.yaml"}),
        (
            "vslice",
            {
                "vslices/main-net/endpoint-groups.yaml",
                "vslices/main-net/sims/cars-uk.csv",
                "vslices/other-net/vslices.yaml",
                "account/sims/sims-in-no-group.csv",
            },
        ),
        ("group", {"groups/cars-uk.yaml", "groups/cars-de.yaml", "shared/vslices.yaml", "sims/cars-uk.csv"}),
    ],
)
def test_each_layout_has_its_files_and_all_of_the_account(
    account: Platform, tmp_path: Path, layout: str, files: set[str]
) -> None:
    """Files are arranged differently, and hold the same; each names its schema, which is there."""
    everything = _exported(account, tmp_path / "plain")
    assert _exported(account, tmp_path / layout, "--layout", layout) == everything
    written_files = tree(tmp_path / layout)
    assert files <= written_files.keys()
    for name, text in written_files.items():
        if name.endswith(".yaml"):
            schema = text.decode().splitlines()[0].removeprefix("# yaml-language-server: $schema=")
            assert (tmp_path / layout / name).parent.joinpath(schema).is_file(), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--kind", "EndpontGroup"), "EndpointGroup"),
        (("--selector", "colour=red"), "no field"),
        (("--selector", "name"), "FIELD=PATTERN"),
    ],
)
def test_a_choice_that_makes_no_sense_is_said(
    account: Platform, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    """A misspelt kind or field is wrong usage, with the way out."""
    result = account.run("export", str(tmp_path / "estate"), *arguments)
    assert (result.exit_code, words in result.output, (tmp_path / "estate").exists()) == (64, True, False), (
        result.output
    )


def test_a_name_that_no_new_object_may_have_is_held(tmp_path: Path) -> None:
    """Monikers with capitals, dots and three signs are managed, and make names of files that every disk can hold."""
    with platform() as account:
        account.made("vslices", moniker="abc", name="Short", subnetAddress="10.1.0.0/16")
        account.made("vslices", moniker="plain", name="Dotted", subnetAddress="10.2.0.0/16")
        account.simulator.database.execute(
            "UPDATE object SET moniker = 'Main.Net', rendered = NULL WHERE moniker = 'plain'"
        )
        found = _exported(account, tmp_path / "estate", "--layout", "vslice")
        assert found == ({"VSlice/abc", "VSlice/Main.Net"}, set())
        assert account.run("apply", "--adopt", "-y", "-C", str(tmp_path / "estate")).exit_code == 0
        names = {name.split("/")[1] for name in tree(tmp_path / "estate") if name.startswith("vslices/")}
        assert names == {"abc", file_stem("Main.Net")}


def test_stems_and_sets_of_different_monikers_differ() -> None:
    """Case, dots and names of devices are no reason for two files to be one."""
    monikers = ["main", "Main", "MAIN", "ma.in", "ma-in", "con", "..", "a/b", "x" * 80]
    stems = [file_stem(one) for one in monikers]
    assert len({stem.lower() for stem in stems}) == len(monikers)
    assert all("/" not in stem and "." not in stem and stem != "con" for stem in stems)
    assert set_name("ab") != set_name("ab", {set_name("ab")})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hooks.example.com/in/events", True),
        ("http://10.0.0.1:8080/sims/v1/42", True),
        ("https://hooks.example.com", True),
        ("https://user@hooks.example.com/in", False),
        ("https://user:pass@hooks.example.com/in", False),
        ("https://hooks.example.com/in?key=1", False),
        ("https://hooks.example.com/in#part", False),
        ("https://hooks.example.com/T0A1B2C3D/B04/x9Yz81kqPwLm", False),
        ("https://hooks.example.com/xkcdqwrtzpsdfgh", False),
        ("https://hooks.example.com/aGVsbG8gd29ybGQ", False),
        ("https://eo1a2b3c4d5e6f7g8h.pipedream.example/in", False),
        ("https://hooks.example.com/550e8400-e29b-41d4-a716-446655440000", False),
        ("https://hooks.example.com/%73ecret", False),
        ("ftp://hooks.example.com/in", False),
    ],
)
def test_only_a_url_of_plain_words_is_written(url: str, expected: bool) -> None:
    """A user, a query, or a word that looks like a token makes the whole URL a secret."""
    assert is_harmless(url) is expected


def test_no_file_is_longer_than_three_thousand_lines() -> None:
    """A long document has its items on one line each, and many documents go into several files."""
    rules = [
        {"name": f"rule-{place}", "match": {"protocol": "tcp", "destinationPorts": "1-2"}} for place in range(1_500)
    ]
    long = document(Resource(Address("RoutingPolicy", "long-policy"), {"vslice": "main-net", "rules": rules}))
    short = document(Resource(Address("RoutingPolicy", "short-policy"), {"vslice": "main-net", "rules": rules[:300]}))
    assert yaml.safe_load(long.content)["spec"]["rules"] == rules
    files = files_of("routing-policies", [long, *[short] * 5], head="")
    assert [name for name, text in files.items() if text.count(b"\n") > 3_000] == []
    assert sum(text.count(b"kind: RoutingPolicy") for text in files.values()) == 6


def test_every_text_is_read_back_as_it_was() -> None:
    """A text that a reader of YAML could take for something else is the same text afterwards, on one line too."""
    texts = [
        "yes",
        "NO",
        "~",
        "",
        "1e3",
        "0x1f",
        "20:22",
        "2024-01-01",
        "- a",
        "a: b",
        "a #b",
        "it's",
        "tab\there",
        "\u202e",
        "x ",
        "*a",
        "existing:b",
        "\\",
        '"',
    ]
    data = {"block": texts, "line": OneLine({"a, b": texts, "c": {"d": "e, f"}})}
    assert yaml.safe_load(written(data)) == {"block": texts, "line": {"a, b": texts, "c": {"d": "e, f"}}}
