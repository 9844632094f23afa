"""No error quotes a value that may be secret: it names the variable (I13)."""

from pathlib import Path

import pytest

from tests.robustness.secrets.desk import CONFIGURATION, HANDLER, run, write

VALUE = "f00dfeedcafe4711"
PLATFORMS = (
    *(VALUE, f"user:{VALUE}@host", f"https://user:{VALUE}@127.0.0.1:99999", f"https://user:{VALUE}@[::1"),
    *(f"https://user:{VALUE}@127.0.0.1:1", f"https://127.0.0.1:1/?token={VALUE}", f"https://127.0.0.1:1/#{VALUE}"),
    *(f"ftp://u:{VALUE}@h", f"{VALUE}.", f"postgresql://u:{VALUE}@127.0.0.1/x", f"Bearer {VALUE}"),
)
STORES = (
    *(
        VALUE,
        f"postgres://u:{VALUE}@h/x",
        f"sqlite:/{VALUE}",
        f"postgresql://u:{VALUE}@[::1/x",
        f"host=h password={VALUE}",
    ),
    *(f"postgresql://u:{VALUE}@127.0.0.1:1/x", f"postgresql://u:pass@{VALUE}@127.0.0.1:1/x", f"mysql://u:{VALUE}@h/x"),
    *(
        f"postgresql://127.0.0.1:{VALUE}/x",
        f"postgresql://127.0.0.1:1/x?password={VALUE}",
        f"postgresql://u:{VALUE}@h:y/x",
    ),
    *(f"postgresql://u:a/{VALUE}@127.0.0.1:1/x", f"postgresql://u:a#{VALUE}@127.0.0.1:1/x"),
    *(f"postgresql://127.0.0.1:1/x?options=-c%20x={VALUE}", f"postgresql://u:{VALUE}%zz@127.0.0.1:1/x"),
)
TOKENS = (f"{VALUE} {VALUE}", f"{VALUE}\n{VALUE}", f"{VALUE}é", f"\ufeff{VALUE}\0")
SECRETS = (f"{VALUE}\n{VALUE}", f"{VALUE}\0", f"{VALUE}\x1b[0m", f"\ufeff{VALUE}\r\n\r\n", f"{VALUE}\u2028x")
URLS = (
    VALUE,
    f"ftp://h/{VALUE}",
    f"http://169.254.169.254/{VALUE}",
    f"http:{VALUE}",
    f"https://[{VALUE}",
    f"https:///{VALUE}",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An estate whose webhook has a secret URL and a secret token."""
    write(tmp_path, "reconciler.yaml", CONFIGURATION.format(store="sqlite:.reconciler/state.db"))
    url, token = "{secretRef: {env: NOC_URL}}", "{secretRef: {env: NOC_TOKEN}}"
    write(tmp_path, "hook.yaml", HANDLER.format(url=url, token=token))
    return tmp_path


def _said(root: Path, command: str, **environment: str) -> str:
    given = {"STACUITY_HOST": "embedded", "NOC_URL": "https://noc.example.net", "NOC_TOKEN": "a-token", **environment}
    result = run(root, command, **given)
    assert result.exit_code not in {0, 1}, result.output
    return result.output


@pytest.mark.parametrize("command", ["plan", "doctor"])
@pytest.mark.parametrize("origin", PLATFORMS)
def test_what_stands_for_the_platform_is_not_quoted(root: Path, origin: str, command: str) -> None:
    """Somebody may have mixed up two variables, or written a token into the address."""
    assert VALUE not in _said(root, command, STACUITY_HOST=origin, STACUITY_TOKEN="t")


@pytest.mark.parametrize("store", STORES)
def test_what_stands_for_the_store_is_not_quoted(root: Path, store: str) -> None:
    """The address of a store holds its password, at any place in it."""
    assert VALUE not in _said(root, "plan", RECONCILER_STORE=store)


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_that_cannot_be_sent_is_not_quoted(root: Path, token: str) -> None:
    """The variable is named instead; a variable cannot hold a NUL, so that one comes from a file."""
    write(root, "token", token)
    result = run(root, "plan", "--token-file", str(root / "token"), STACUITY_HOST="https://127.0.0.1:1", NOC_TOKEN="t")
    assert (result.exit_code, VALUE in result.output) == (64, False), result.output


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_that_makes_no_sense_is_not_quoted(root: Path, secret: str) -> None:
    """Neither is one that is refused for what is in it."""
    write(root, "secrets/noc", secret)
    write(root, "hook.yaml", HANDLER.format(url="https://noc.example.net", token="{secretRef: {file: secrets/noc}}"))
    said = _said(root, "plan")
    assert (VALUE in said, "secrets/noc" in said) == (False, True)


@pytest.mark.parametrize("url", URLS)
def test_a_secret_that_is_no_good_address_is_not_quoted(root: Path, url: str) -> None:
    """Its path is often the secret."""
    said = _said(root, "plan", NOC_URL=url)
    assert (VALUE in said, "NOC_URL" in said) == (False, True)
