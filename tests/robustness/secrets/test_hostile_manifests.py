"""Manifests that try to read, print or send what they must not: refused before any request or connection (S6)."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.robustness.secrets.desk import CONFIGURATION, HANDLER, door, run, write

VALUE = "f00dfeedcafe4711"
SQLITE = "sqlite:.reconciler/state.db"
SINK = "https://collector.example.net/in"
ALLOWED = "{secretRef: {env: NOC_TOKEN}}"

VARIABLES = (
    *("STACUITY_TOKEN", "stacuity_token", "RECONCILER_DEBUG", "PGPASSWORD", "PgPassFile", "GITHUB_TOKEN", "GH_TOKEN"),
    *("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "CI_JOB_TOKEN", "CI_REGISTRY_PASSWORD", "JENKINS_URL", "CIRCLE_TOKEN"),
    *("BUILDKITE_AGENT_ACCESS_TOKEN", "SYSTEM_ACCESSTOKEN", "BITBUCKET_STEP_OIDC_TOKEN", "AWS_SECRET_ACCESS_KEY"),
    *("GOOGLE_APPLICATION_CREDENTIALS", "AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET", "HCLOUD_TOKEN", "OS_PASSWORD"),
    *("CLOUDFLARE_API_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN", "VAULT_TOKEN", "KUBECONFIG", "NPM_TOKEN", "SSH_AUTH_SOCK"),
    *("HOME", "PATH", "HTTPS_PROXY", "https_proxy", "no_proxy", "ALL_PROXY", "SSL_CERT_FILE", "PGSERVICE", "pghost"),
    *(
        "CIRRUS_HTTP_CACHE_HOST",
        "NETLIFY_AUTH_TOKEN",
        "VERCEL_TOKEN",
        "GITEA_TOKEN",
        "FORGEJO_TOKEN",
        "COSIGN_PASSWORD",
    ),
    *("SIGSTORE_ID_TOKEN", "SNYK_TOKEN", "SENTRY_AUTH_TOKEN", "CREDENTIALS_DIRECTORY"),
    *("TF_TOKEN_app_terraform_io", "DRONE_NETRC_PASSWORD", "LD_PRELOAD", "PYTHONPATH", "GIT_ASKPASS", "KUBE_TOKEN"),
)
USED_HERE = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "SSL_CERT_FILE", "LD_PRELOAD", "PYTHONPATH")
FILES = (
    *(".git/config", ".ENV", ".env.production", "secrets/.env", ".ssh/id_ed25519", ".reconciler/state.db", ".netrc"),
    *("/proc/self/environ", "/dev/stdin", "/etc/shadow", "~/.aws/credentials", "../outside", "a/../../outside", "."),
    *("linked", "..data/link/config", "the-token", "hard-linked-token", "..data/.hidden"),
)
DESTINATIONS = (
    *("http://169.254.169.254/latest", "http://2852039166/", "http://0xA9FEA9FE/", "http://0251.0376.0251.0376/"),
    *("http://[::ffff:169.254.169.254]/", "http://[fe80::1]/", "http://metadata.google.internal/", "http://0.0.0.0/"),
    *("http://169.254.169.254./", "http://169.254.43518/", "http://[fd00:ec2::254]/", "https://100.100.100.200/x"),
    *("http://[::169.254.169.254]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[64:ff9b:1::a9fe:a9fe]/", "http://[::]/"),
    *("http://[::ffff:0:a9fe:a9fe]/", "http://[2002:a9fe:a9fe::]/", "http://[fe80::1%25eth0]/", "http://169.254.0.1/"),
    *("HTTP://169.254.169.254/", "http://METADATA.google.internal./", "http://255.255.255.255/", "http://224.0.0.1/"),
    *(
        "http://\u2460\u2465\u2468.254.169.254/",
        "http://169\u3002254\u3002169\u3002254/",
        "http://\uff11\uff16\uff19.254.169.254/",
    ),
    *(
        "http://%31%36%39.254.169.254/",
        "http://169.254.169.254\\@good.example/",
        "http://good.example@169.254.169.254/",
    ),
    *("http://user:word@169.254.169.254:80/", "http://169.254.169.254:80/?x=1#y", "http://0xa9.0xfe.0xa9.0xfe/"),
    *("http:///x", "http://:80/", "file:///etc/passwd", "http:169.254.169.254/", "169.254.169.254", "gopher://h/x"),
)
STORES = (
    *("{env: STACUITY_TOKEN}", "{env: stacuity_token}", "{env: AWS_SECRET_ACCESS_KEY}", "{env: NOC_TOKEN}"),
    *("{env: RECONCILER_DEBUG}", "{env: PGPASSWORD}", "{env: HOME}", "{env: ' STACUITY_TOKEN'}", "{file: .env}"),
    *("{env: '\uff33TACUITY_TOKEN'}", "{secretRef: {env: STACUITY_TOKEN}}", "{env: [STACUITY_TOKEN]}"),
    *("postgresql://u@127.0.0.1:PORT/x", "postgresql:///x?host=127.0.0.1&port=PORT", "mysql://u:f00dfeedcafe4711@h/x"),
    *("postgresql://good.example.net,127.0.0.1:PORT/x", "postgresql://u:f00dfeedcafe4711@127.0.0.1:PORT/x"),
    *("postgresql://127.0.0.1:PORT", "postgresql://localhost:PORT/x", "postgresql://[::1]:PORT/x"),
    *("postgresql://good.example.net%2C127.0.0.1:PORT/x", "postgresql://u@127.0.0.1:PORT@good.example.net/x"),
    *("postgresql://good.example.net/x?host=127.0.0.1&port=PORT", "postgresql:///x?service=prod"),
    *("postgresql://good.example.net/x?hostaddr=127.0.0.1", "postgresql://127.0.0.1:PORT/x?passfile=/etc/passwd"),
    *("postgresql://good.example.net/host%3D127.0.0.1%20port%3DPORT", "postgresql://good.example.net/x/y"),
    *("postgresql+psycopg://127.0.0.1:PORT/x", "postgres://127.0.0.1:PORT/x", "POSTGRESQL://127.0.0.1:PORT/x"),
    *("host=127.0.0.1 port=PORT", "service=prod", "sqlite:/etc/passwd", "sqlite:../outside", "sqlite:~/x", "sqlite:"),
    *("sqlite:a/../../outside", "sqlite+pysqlite:///etc/passwd", "file:.env", "/etc/passwd", ".env"),
)
REFERENCE = "{secretRef: {env: STACUITY_TOKEN}}"
TRICKS = {
    "an anchor": f"  webhook: {{url: {SINK}, basicAuth: {{username: &a {REFERENCE}, password: *a}}}}",
    "a merge key": f"  x: &a {REFERENCE}\n  webhook:\n    url: {SINK}\n    bearerToken: {{<<: *a}}",
    "a tag that calls": f"  webhook: {{url: {SINK}, bearerToken: !!python/object/apply:os.getenv [STACUITY_TOKEN]}}",
    "a tag that reads": f"  webhook: {{url: {SINK}, bearerToken: !include .env}}",
    "a variable of a shell": f"  webhook: {{url: {SINK}, bearerToken: '${{STACUITY_TOKEN}}'}}",
    "a command of a shell": f"  webhook: {{url: {SINK}, bearerToken: '$(cat .env)'}}",
    "a template": f"  webhook: {{url: {SINK}, bearerToken: '{{{{ env STACUITY_TOKEN }}}}'}}",
    "a key given twice": f"  webhook:\n    url: {SINK}\n    bearerToken: null\n    bearerToken: {REFERENCE}",
    "JSON": f'  {{"webhook": {{"url": "{SINK}", "bearerToken": {{"secretRef": {{"env": "STACUITY_TOKEN"}}}}}}}}',
    "two sources": f"  webhook: {{url: {SINK}, bearerToken: {{secretRef: {{env: NOC_TOKEN, file: .env}}}}}}",
    "another key": f"  webhook: {{url: {SINK}, bearerToken: {{secretRef: {{Env: STACUITY_TOKEN}}}}}}",
    "a list": f"  webhook: {{url: {SINK}, bearerToken: {{secretRef: {{env: [STACUITY_TOKEN]}}}}}}",
    "a blank": f"  webhook: {{url: {SINK}, bearerToken: {{secretRef: {{env: 'STACUITY_TOKEN '}}}}}}",
    "a look-alike": f"  webhook: {{url: {SINK}, bearerToken: {{secretRef: {{env: '\uff33TACUITY_TOKEN'}}}}}}",
    "a long s": f"  webhook: {{url: {SINK}, bearerToken: {{secretRef: {{env: '\u017ftacuity_token'}}}}}}",
    "an escape": f"  webhook: {{url: {SINK}, bearerToken: {{secretRef: {{env: 'STACUITY%5FTOKEN'}}}}}}",
    "a secret as name": f"  displayName: {REFERENCE}\n  webhook: {{url: {SINK}}}",
    "a secret in a URL": "  webhook: {url: 'https://collector.example.net/?t=${STACUITY_TOKEN}'}",
    "a secret as URL": f"  webhook: {{url: {REFERENCE}}}",
    "a secret as user": f"  webhook: {{url: {SINK}, basicAuth: {{username: {REFERENCE}, password: {ALLOWED}}}}}",
    "a secret as password": f"  webhook: {{url: {SINK}, basicAuth: {{username: webhook, password: {REFERENCE}}}}}",
    "a secret as host": f"  smpp: {{host: {REFERENCE}}} # webhook",
    "a secret of a message centre": f"  smpp: {{host: sms.example.net, password: {REFERENCE}}} # webhook",
    "a message centre that is link-local": "  smpp: {host: 169.254.169.254} # webhook",
    "one with a port": "  smpp: {host: '169.254.169.254:80'} # webhook",
    "one with a user": "  smpp: {host: 'good.example@169.254.169.254'} # webhook",
    "one with a scheme": "  smpp: {host: 'http://169.254.169.254/'} # webhook",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An estate with everything in it that a hostile manifest could wish for."""
    found = tmp_path / "estate"
    found.mkdir()
    write(found, "reconciler.yaml", CONFIGURATION.format(store=SQLITE))
    for name in (".git/config", ".ENV", ".env.production", "secrets/.env", ".ssh/id_ed25519", ".netrc", "the-token"):
        write(found, name, VALUE)
    write(found, "..data/.hidden", VALUE)
    write(tmp_path, "outside", VALUE)
    (found / "linked").symlink_to(".git/config")
    (found / "..data" / "link").symlink_to("../.git")
    (found / "hard-linked-token").hardlink_to(found / "the-token")
    return found


def _refused(root: Path, *arguments: str, by: str = "webhook", unseen: str = VALUE, **environment: str | None) -> None:
    """The plan ends with exit code 8 because of `by`; nobody was connected to, and the value is nowhere."""
    with door() as opened:
        store = (root / "reconciler.yaml").read_text(encoding="utf-8").replace("PORT", str(opened.port))
        (root / "reconciler.yaml").write_text(store, encoding="utf-8")
        given = dict.fromkeys(VARIABLES, VALUE) | {"NOC_TOKEN": VALUE, "STACUITY_TOKEN": VALUE}
        given |= {"STACUITY_HOST": f"http://127.0.0.1:{opened.port}", "RECONCILER_DEBUG": "", "PATH": "", "HOME": VALUE}
        given |= dict.fromkeys(USED_HERE, "")
        result = run(root, "plan", *arguments, **{**given, **environment})
        assert (result.exit_code, opened.count, VALUE in result.output) == (8, 0, False), result.output
    assert by in result.output
    assert unseen not in result.output


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_manifest_never_reads_what_belongs_to_the_machine(root: Path, variable: str) -> None:
    """A variable of reconciler, PostgreSQL, a pipeline, a cloud or a shell is no secret of the estate."""
    write(root, "hook.yaml", HANDLER.format(url=SINK, token=f"{{secretRef: {{env: {variable}}}}}"))
    _refused(root, RECONCILER_SECRETS="* file:*")


@pytest.mark.parametrize("file", FILES)
def test_a_manifest_never_reads_a_hidden_file_or_one_of_ours(root: Path, file: str) -> None:
    """A file is judged by where it really is: hidden, outside, a device, the token's, or another name of it."""
    write(root, "hook.yaml", HANDLER.format(url=SINK, token=f"{{secretRef: {{file: {file}}}}}"))
    _refused(root, "--token-file", str(root / "the-token"), RECONCILER_SECRETS="* file:* file:*/*")


@pytest.mark.parametrize("port", ["0", "99999", "-1", "https", "80 80"])
@pytest.mark.parametrize("is_reference", [False, True])
def test_a_webhook_has_a_port_that_exists(root: Path, port: str, is_reference: bool) -> None:
    """A port that is no number from 1 to 65535 is refused, in clear or in a secret, and the URL is not quoted."""
    url = f"https://noc.example:{port}/s3cret-path"
    shown = "{secretRef: {env: HOOK_URL}}" if is_reference else f"'{url}'"
    write(root, "hook.yaml", HANDLER.format(url=shown, token=ALLOWED))
    _refused(root, HOOK_URL=url, RECONCILER_SECRETS="*", unseen="s3cret-path")


@pytest.mark.parametrize("url", DESTINATIONS)
@pytest.mark.parametrize("is_reference", [False, True])
def test_nothing_is_sent_to_a_host_that_gives_out_credentials(root: Path, url: str, is_reference: bool) -> None:
    """A link-local or metadata address is refused however it is written, in clear or in a secret."""
    shown = "{secretRef: {env: HOOK_URL}}" if is_reference else f"'{url}'"
    write(root, "hook.yaml", HANDLER.format(url=shown, token=ALLOWED))
    _refused(root, HOOK_URL=url, RECONCILER_SECRETS="*")


@pytest.mark.parametrize("store", STORES)
def test_the_tree_names_neither_a_store_server_nor_our_variables(root: Path, store: str) -> None:
    """The address of a server comes from the caller's side; a text that is no address is never quoted."""
    write(root, "reconciler.yaml", CONFIGURATION.format(store=f"{store}" if store.startswith("{") else f'"{store}"'))
    if store == "{env: NOC_TOKEN}":
        _refused(root, by="NOC_TOKEN", CI="true")
    else:
        _refused(root, by="store", PGPASSWORD=VALUE)


@pytest.mark.parametrize("spec", TRICKS.values(), ids=TRICKS)
def test_no_trick_of_the_text_reads_what_belongs_to_the_machine(root: Path, spec: str) -> None:
    """Anchors, merge keys, tags, templates, JSON, look-alikes and other fields lead to nothing either."""
    head = HANDLER.partition("  webhook:")[0]
    write(root, "webhook.yaml", f"{head}{spec}\n")
    _refused(root, RECONCILER_SECRETS="* file:* file:*/*")


def _tunnel(peer: str, block: str) -> str:
    key = f"presharedKey: {ALLOWED}" if block == "vpn" else "remotePublicKey: abc"
    return f"""apiVersion: reconciler.dev/v1alpha1
kind: RoutingTarget
metadata: {{name: webhook-tunnel}}
spec: {{vslice: existing:automatic, redundancyZone: europe-primary, {block}: {{remotePeer: '{peer}', {key}}}}}
"""


@pytest.mark.parametrize("block", ["vpn", "wireguard"])
@pytest.mark.parametrize("peer", ["169.254.169.254", "fe80::1", "[fe80::1]:51820", "metadata.google.internal", "0"])
def test_no_tunnel_leads_to_a_host_that_gives_out_credentials(root: Path, peer: str, block: str) -> None:
    """The other end of a tunnel is a destination too."""
    write(root, "webhook.yaml", _tunnel(peer, block))
    _refused(root, RECONCILER_SECRETS="*")


def _socket(path: Path) -> None:
    # An address may have a hundred letters; a folder of a test has more.
    with pytest.MonkeyPatch.context() as here, socket.socket(socket.AF_UNIX) as bound:
        here.chdir(path.parent)
        bound.bind(path.name)


NO_FILES: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a socket": _socket,
    "a large file": lambda path: path.write_text("x" * 70_000),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to the environment": lambda path: path.symlink_to("/proc/self/environ"),
    "a link to standard input": lambda path: path.symlink_to("/dev/stdin"),
    "a link to a hidden file": lambda path: path.symlink_to(".env"),
    "bytes that are no text": lambda path: path.write_bytes(b"\xff\xfe" + VALUE.encode()),
    "a second line": lambda path: path.write_text(f"{VALUE}\n{VALUE}\n"),
    "blanks alone": lambda path: path.write_text(" \N{NO-BREAK SPACE} \n"),
}


@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
def test_a_secret_is_a_small_regular_file_of_text(root: Path, make: Callable[[Path], object]) -> None:
    """A pipe would wait, a device may do something, and a link may lead out of the estate."""
    make(root / "secrets" / "noc")
    write(root, "reconciler.yaml", CONFIGURATION.format(store=SQLITE) + "  manifests: [webhook.yaml]\n")
    write(root, "webhook.yaml", HANDLER.format(url=SINK, token="{secretRef: {file: secrets/noc}}"))
    _refused(root, RECONCILER_SECRETS="file:*/*")


@pytest.mark.parametrize(
    "store",
    [
        *(
            "{env: STACUITY_TOKEN}",
            "postgresql://127.0.0.1:PORT/x?options=-csearch_path=y",
            "postgresql://127.0.0.1:PORT/x#y",
        ),
        *("postgresql://u@127.0.0.1:PORT@127.0.0.1:PORT/x", "postgresql://127.0.0.1:PORT/x%20host=127.0.0.1"),
    ],
)
def test_the_tree_says_nothing_of_the_store_that_the_caller_decides(root: Path, store: str) -> None:
    """Also where the caller names the same host: settings are the caller's, and the place of the mistake is said."""
    write(root, "reconciler.yaml", CONFIGURATION.format(store=store if store.startswith("{") else f'"{store}"'))
    with door() as opened:
        text = (root / "reconciler.yaml").read_text(encoding="utf-8").replace("PORT", str(opened.port))
        write(root, "reconciler.yaml", text)
        given = {"RECONCILER_STORE": f"postgresql://127.0.0.1:{opened.port}/x", "STACUITY_HOST": "embedded"}
        result = run(root, "plan", **given)
        assert (result.exit_code, opened.count, "reconciler.yaml:5:10" in result.output) == (8, 0, True), result.output


@pytest.mark.parametrize("secret", [ALLOWED, "{secretRef: {file: secrets/noc}}"])
@pytest.mark.parametrize("allowed", ["", "OTHER_*", "env:NOC", "file:*", "file:secrets/other", "noc_*"])
def test_a_pipeline_reads_only_what_its_caller_allows(root: Path, secret: str, allowed: str) -> None:
    """With CI set a secret that no pattern of the caller fits is refused, before it is read."""
    write(root, "secrets/noc", VALUE)
    write(root, "hook.yaml", HANDLER.format(url=SINK, token=secret))
    _refused(root, CI="1", RECONCILER_SECRETS=allowed)


def test_a_link_in_an_allowed_folder_leads_to_no_other_one(root: Path) -> None:
    """The caller allows a file, not a name for any file."""
    write(root, "private/key", VALUE)
    (root / "secrets" / "mine").symlink_to("../private/key")
    write(root, "webhook.yaml", HANDLER.format(url=SINK, token="{secretRef: {file: secrets/mine}}"))
    _refused(root, CI="1", RECONCILER_SECRETS="file:secrets/*")


@pytest.mark.parametrize("secret", [ALLOWED, "{secretRef: {file: secrets/noc}}", "{secretRef: {file: mounted/psk}}"])
@pytest.mark.parametrize("environment", [{}, {"CI": "1", "RECONCILER_SECRETS": "NOC_*, file:secrets/noc file:*/psk"}])
def test_a_secret_of_the_estate_is_read(root: Path, secret: str, environment: dict[str, str]) -> None:
    """A value neither hidden nor the machine's goes to the platform: at a desk, and where the caller allows it."""
    write(root, "secrets/noc", VALUE)
    write(root, "mounted/..2026/psk", VALUE)
    (root / "mounted" / "..data").symlink_to("..2026")
    (root / "mounted" / "psk").symlink_to("..data/psk")
    write(root, "hook.yaml", HANDLER.format(url=SINK, token=secret))
    result = run(root, "plan", STACUITY_HOST="embedded", NOC_TOKEN=VALUE, **environment)
    assert (result.exit_code, "1 to add" in result.output, VALUE in result.output) == (0, True, False), result.output


@pytest.mark.slow
def test_a_sound_plan_knocks_at_the_door(root: Path) -> None:
    """The door notices a plan that is not refused, so that the silence of the refused ones means something."""
    write(root, "hook.yaml", HANDLER.format(url=SINK, token=ALLOWED))
    with door() as opened:
        host = f"http://127.0.0.1:{opened.port}"
        result = run(root, "plan", STACUITY_HOST=host, STACUITY_TOKEN="t", NOC_TOKEN=VALUE)
        assert (result.exit_code, opened.count > 0) == (10, True)
