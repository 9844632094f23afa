"""Forty ways to lose input and more, and what follows of each: the list of which is which."""

import codecs
import shutil
from collections.abc import Mapping

from tests.robustness.lost_input.losing import (
    Follows,
    Loss,
    bytes_of,
    commented,
    configured,
    dangling,
    documents,
    emptied,
    exclusive_set,
    gone,
    half,
    linked,
    list_of_uk,
    nothing,
    packed,
    policies,
    set_of_uk,
    text_of,
)

_MAP = "kind: EventMap\nmetadata: {name: a-map}\nspec: {scope: account}\n"
_LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 99\n"
_PAGE = "<html><body>502 Bad Gateway</body></html>\n"
_EVERYBODY = '{reference: "*", from: {groups: [fleet-uk]}}'
_PIN = "sims/uk.csv, sha256: " + "0" * 64
_ONE = ("2 to destroy", "OperatorPolicy/policy-01", "estate/policies/one.yaml")
_TWO = ("2 to destroy", "OperatorPolicy/policy-03", "estate/policies/two.yaml")
R, G, K = Follows.REFUSED, Follows.GUARDED, Follows.KEPT
LOSSES: Mapping[str, Loss] = {
    # Manifests of the whole estate.
    "the folder of manifests is emptied": Loss(G, emptied("estate")),
    "the folder of manifests is gone": Loss(R, gone("estate")),
    "the configuration names no manifests": Loss(R, configured("[]")),
    "the configuration names another folder": Loss(R, configured("[estates]")),
    "the configuration names a part": Loss(G, configured("[estate/network.yaml, estate/groups.yaml]")),
    "the folder of policies is emptied": Loss(G, emptied("estate/policies")),
    "the folder of policies is gone": Loss(G, gone("estate/policies")),
    "half of the policies are on another branch": Loss(G, gone("estate/policies/two.yaml"), shown=_TWO),
    "all lines of the policies are comments": Loss(
        G,
        lambda f: [text_of(f"estate/policies/{name}.yaml", commented)(f) for name in ("one", "two")],
    ),
    "the file of policies is emptied": Loss(G, text_of("estate/policies/one.yaml", lambda _: ""), shown=_ONE),
    "the file of policies has blank lines only": Loss(
        G, text_of("estate/policies/one.yaml", lambda _: "\n---\n\n"), shown=_ONE
    ),
    "the file of policies is cut between documents": Loss(
        G,
        text_of("estate/policies/one.yaml", lambda t: "---\n".join(t.split("---\n")[:1])),
        shown=("1 to destroy", "OperatorPolicy/policy-01", "estate/policies/one.yaml"),
    ),
    "the file of policies is cut in a document": Loss(
        R, text_of("estate/policies/one.yaml", lambda t: t[: len(t) // 2].rpartition("spec")[0])
    ),
    "the file of policies has another suffix": Loss(
        G, lambda f: (f / "estate/policies/one.yaml").rename(f / "estate/policies/one.yaml.bak"), shown=_ONE
    ),
    "the file of policies is hidden": Loss(
        G, lambda f: (f / "estate/policies/one.yaml").rename(f / "estate/policies/.one.yaml"), shown=_ONE
    ),
    "the file of policies is a pointer of Git LFS": Loss(R, text_of("estate/policies/one.yaml", lambda _: _LFS)),
    "the file of policies has markers of a merge": Loss(
        R, text_of("estate/policies/one.yaml", lambda t: f"<<<<<<< HEAD\n{half(t)}=======\n{t}>>>>>>> other\n")
    ),
    "the file of policies is UTF-16": Loss(
        R, bytes_of("estate/policies/one.yaml", lambda b: b.decode().encode("utf-16"))
    ),
    "the file of policies holds another kind": Loss(
        G,
        text_of(
            "estate/policies/one.yaml",
            lambda _: documents("kind: EventMap\nmetadata: {name: a-map}\nspec: {scope: account}\n"),
        ),
        shown=_ONE,
    ),
    "a linked folder points at what is not mounted": Loss(R, linked),
    # Inputs that are named on the command line.
    "standard input is empty": Loss(R, nothing, ("-f", "-"), b""),
    "standard input is comments": Loss(R, nothing, ("-f", "-"), b"# nothing was rendered\n---\n"),
    "a generator failed and printed an error": Loss(R, nothing, ("-f", "-"), b"Traceback: no such template\n"),
    "a generator printed the first part": Loss(K, nothing, ("-f", "-"), documents(policies(2)).encode()),
    "one file is named, as with kubectl": Loss(K, nothing, ("-f", "estate/policies/one.yaml")),
    "one folder is named": Loss(K, nothing, ("-f", "estate/policies")),
    "a file is named that is not there": Loss(R, nothing, ("-f", "estate/polices.yaml")),
    "a folder without manifests is named": Loss(R, nothing, ("-f", "sims")),
    "one file is named with --prune": Loss(G, nothing, ("-f", "estate/policies/one.yaml", "--prune")),
    # Files and lists of SIMs.
    "a list has its heading only": Loss(G, list_of_uk(lambda t: t.splitlines(keepends=True)[0])),
    "a list is cut between rows": Loss(G, list_of_uk(half)),
    "a list is cut in a row": Loss(R, list_of_uk(lambda t: t[: len(t) * 2 // 3 - len("x")].rpartition(",")[0][:-3])),
    "a list is empty": Loss(R, list_of_uk(lambda _: "")),
    "a list is gone": Loss(R, gone("sims/uk.csv")),
    "a list is not the one that was pinned": Loss(R, set_of_uk("sims/uk.csv", _PIN)),
    "a list is a pointer of Git LFS": Loss(R, list_of_uk(lambda _: _LFS)),
    "a list has markers of a merge": Loss(R, list_of_uk(lambda t: f"{half(t)}<<<<<<< HEAD\n=======\n>>>>>>> other\n")),
    "a list is UTF-16": Loss(R, bytes_of("sims/uk.csv", lambda b: b.decode().encode("utf-16"))),
    "a compressed list is cut": Loss(R, packed),
    "a list has another heading": Loss(R, list_of_uk(lambda t: t.replace("iccid", "sim"))),
    "another column is read": Loss(R, set_of_uk("sims/uk.csv", "sims/uk.csv, columns: {iccid: name}")),
    "a pattern matches nothing": Loss(R, text_of("estate/sets/de.yaml", lambda t: t.replace("de-*", "germany-*"))),
    "a pattern has lost one of two files": Loss(
        G, gone("sims/de-b.csv"), shown=("2 SIMs will be suspended in fleet-de", "estate/sets/de.yaml")
    ),
    "a list in a manifest is emptied": Loss(
        G,
        lambda f: (f / "estate/sets/fr.yaml").write_text(documents(exclusive_set("set-fr", "fleet-fr", "{list: []}"))),
    ),
    "everything is excluded": Loss(
        G, set_of_uk("onRemove: suspend,", "onRemove: suspend, exclude: [{file: {path: sims/uk.csv}}],")
    ),
    # Losses by exports, mounts, spreadsheets and generators besides.
    "the file of policies is a mark of UTF-8 only": Loss(
        G, bytes_of("estate/policies/one.yaml", lambda _: codecs.BOM_UTF8), shown=_ONE
    ),
    "the file of policies is filled with zeros": Loss(R, bytes_of("estate/policies/one.yaml", lambda b: bytes(len(b)))),
    "the file of policies is a link to nothing": Loss(R, dangling("estate/policies/one.yaml")),
    "the file of policies is a template": Loss(
        R, text_of("estate/policies/one.yaml", lambda t: f"{{{{- range .Values.all }}}}\n{t}{{{{- end }}}}\n")
    ),
    "the file of policies is a page of an error": Loss(R, text_of("estate/policies/one.yaml", lambda _: _PAGE)),
    "the file of policies has empty documents": Loss(
        R, text_of("estate/policies/one.yaml", lambda _: "null\n---\n~\n")
    ),
    "the folder of policies is elsewhere on another branch": Loss(
        G, lambda f: (f / "estate/policies").rename(f / "policies")
    ),
    "the folder of policies has moved within the estate": Loss(
        K, lambda f: (f / "estate/policies").rename(f / "estate/network-policies")
    ),
    "the folder of policies is a file": Loss(
        G, lambda f: [gone("estate/policies")(f), (f / "estate/policies").write_text("")]
    ),
    "the configuration is emptied": Loss(R, text_of("reconciler.yaml", lambda _: "")),
    "the file of groups is gone": Loss(R, gone("estate/groups.yaml")),
    "the file of a set is gone": Loss(K, gone("estate/sets/uk.yaml")),
    "a list is a mark of UTF-8 only": Loss(R, bytes_of("sims/uk.csv", lambda _: codecs.BOM_UTF8)),
    "a list is filled with zeros": Loss(R, bytes_of("sims/uk.csv", lambda b: bytes(len(b)))),
    "a list is a link to nothing": Loss(R, dangling("sims/uk.csv")),
    "a list is a page of an error": Loss(R, list_of_uk(lambda _: _PAGE)),
    "a list has lost its heading and a half": Loss(R, list_of_uk(lambda t: t.removeprefix(half(t)))),
    "a list has blank lines only": Loss(G, list_of_uk(lambda t: t.splitlines()[0] + "\n" * 50)),
    "a list has numbers in scientific form": Loss(
        R, list_of_uk(lambda t: "iccid,name\n" + "8.98823E+18,Van\n" * t.count("Van"))
    ),
    "a list has one column of everything": Loss(
        R, list_of_uk(lambda t: "".join(f'"{line}"\n' for line in t.splitlines()))
    ),
    "a list has other separators": Loss(K, list_of_uk(lambda t: t.replace(",", ";"))),
    "a list is that of another group": Loss(R, lambda f: shutil.copy(f / "sims/de-a.csv", f / "sims/uk.csv")),
    "a pattern is one over an empty mount": Loss(
        R,
        lambda f: [
            emptied("sims")(f),
            text_of("estate/sets/de.yaml", lambda t: t.replace("sims/de-*", "estate/sets/de-*"))(f),
        ],
    ),
    "the folder of lists is emptied": Loss(R, emptied("sims")),
    "a set has no members": Loss(G, set_of_uk("{file: {path: sims/uk.csv}}", "")),
    "everything is excluded by a selector": Loss(
        G, set_of_uk("onRemove: suspend,", f"onRemove: suspend, exclude: [{{select: {_EVERYBODY}}}],")
    ),
    "a pattern that the shell did not expand is named": Loss(R, nothing, ("-f", "estate/pol*/*.yaml")),
    "an empty name is named": Loss(R, nothing, ("-f", "")),
    "all but the policies are named with --prune": Loss(
        G, nothing, ("-f", "estate/network.yaml", "-f", "estate/groups.yaml", "-f", "estate/sets", "--prune")
    ),
}
