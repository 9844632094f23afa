"""Messages about manifests never quote a value that may be a secret, wherever in the manifest it was put (S10)."""

from pathlib import Path

import pytest

from reconciler.cli.main import main

SECRET = "s3cr3t-VALUE-9f8e7d6c"

_HANDLER = "apiVersion: reconciler.dev/v1alpha1\nkind: EventHandler\nmetadata: {name: noc-hook}\nspec:\n"
_HOOK = f"{_HANDLER}  webhook:\n    url: https://noc.example\n"

MANIFESTS = {
    "a user and a password as one text": f"{_HOOK}    basicAuth: noc:{SECRET}\n",
    "a user and a password as a list": f"{_HOOK}    basicAuth: [noc, {SECRET}]\n",
    "a webhook that is an address without a scheme": f"{_HANDLER}  webhook: hooks.example/{SECRET}\n",
    "a webhook that is a list": f"{_HANDLER}  webhook: [hooks.example/{SECRET}]\n",
    "a URL without a scheme": f"{_HANDLER}  webhook: {{url: hooks.example/{SECRET}}}\n",
    "a URL with a blank": f"{_HANDLER}  webhook:\n    url: https://hooks.example/a b/{SECRET}\n",
    "a URL that is a mapping": f"{_HANDLER}  webhook:\n    url: {{value: hooks.example/{SECRET}}}\n",
    "a URL before the field that is wrong": (
        f"{_HANDLER}  webhook: {{url: https://h.example/a b/{SECRET}, timeoutSeconds: x}}\n"
    ),
    "a block with a control character": f"{_HOOK}    bearerToken: |\n      {SECRET}\x07\n",
    "a block with a character that nobody sees": f"{_HOOK}    bearerToken: |\n      {SECRET}\u200b\n",
    "a mapping on the next line": f"{_HOOK}    bearerToken:\n      value: {SECRET}\n",
    "a key on the next line": f"{_HOOK}    bearerToken:\n      {SECRET}: x\n",
    "a line that begins with a tab": f"{_HOOK}    bearerToken:\n\t{SECRET}\n",
    "a line that is indented less": f"{_HOOK}    bearerToken:\n   {SECRET}\n",
    "the value in the place of a variable": f'{_HOOK}    bearerToken: {{secretRef: {{env: "{SECRET}"}}}}\n',
    "the value beside a reference": f"{_HOOK}    bearerToken: {{secretRef: {{env: NOC}}, value: {SECRET}}}\n",
    "the value on the line of a variable": f"{_HOOK}    bearerToken:\n      secretRef:\n        env: '{SECRET}'\n",
    "a header": f"{_HOOK}    headers: {{Authorization: Bearer {SECRET}}}\n",
    "a field that does not exist in a block with secrets": f"{_HOOK}    key: {SECRET}\n",
    "an SMPP server as one text": f"{_HANDLER}  smpp: noc:{SECRET}@smpp.example\n",
    "a host with a user and a password": f"{_HANDLER}  smpp: {{host: 'noc:{SECRET}@smpp.example', port: 2775}}\n",
    "a code of activation in a field of another name": (
        "apiVersion: reconciler.dev/v1alpha1\nkind: Endpoint\nmetadata: {name: '8988228000000079198'}\n"
        f"spec:\n  activation: LPA:1$smdp.example${SECRET}\n"
    ),
}
STORES = (
    f"postgresql:noc:{SECRET}@database.example",
    f"noc:{SECRET}@database.example/state",
    f'"host=database.example password={SECRET}"',
    f"[{SECRET}]",
    f'{{env: "{SECRET}"}}',
    f"{{value: {SECRET}}}",
    f"{{host: database.example, dsn: {SECRET}}}",
)


def _said(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code, "".join(capfd.readouterr())


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_secret_in_the_wrong_place_is_refused_and_not_quoted(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """`validate` says where the mistake is (exit 8), and shows nothing of the value there."""
    (tmp_path / "events.yaml").write_text(MANIFESTS[name])

    code, said = _said(capfd, "validate", "-C", str(tmp_path))

    assert (code, SECRET in said, "events.yaml:" in said, " │ " in said) == (8, False, True, True)


@pytest.mark.parametrize("store", STORES)
def test_an_address_of_a_store_that_makes_no_sense_is_not_quoted(
    store: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """An address may hold the password of the database, also where it is written wrongly."""
    (tmp_path / "reconciler.yaml").write_text(
        f"apiVersion: reconciler.dev/v1alpha1\nkind: Estate\nmetadata: {{name: noc}}\nspec:\n  store: {store}\n"
    )

    code, said = _said(capfd, "validate", "-C", str(tmp_path))

    assert (code, SECRET in said, "reconciler.yaml:5:" in said) == (8, False, True)


def test_what_is_no_secret_is_shown_on_the_line_of_a_mistake(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The names of variables and files, the host of a webhook and other fields are what the reader looks for."""
    (tmp_path / "events.yaml").write_text(
        f"{_HANDLER}  webhook: {{url: https://noc.example/a, timeoutSeconds: x}}\n"
        f"---\n{_HOOK.replace('noc-hook', 'soc-hook')}    bearerToken: {{secretRef: {{env: SOC}}}}\n    mode: x\n"
    )

    code, said = _said(capfd, "validate", "-C", str(tmp_path))

    assert (code, "url: https://noc.example/***, timeoutSeconds: x}" in said, "mode: ***" in said) == (8, True, True)
