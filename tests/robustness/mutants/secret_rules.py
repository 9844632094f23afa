"""The rules of what a manifest may read, and where it may go, each as the edit that breaks it."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

HOSTILE = "tests/robustness/secrets/test_hostile_manifests.py"
MACHINE = f"{HOSTILE}::test_a_manifest_never_reads_what_belongs_to_the_machine"
SECRET_FILES = f"{HOSTILE}::test_a_manifest_never_reads_a_hidden_file_or_one_of_ours"
SENT = f"{HOSTILE}::test_nothing_is_sent_to_a_host_that_gives_out_credentials"
STORES = f"{HOSTILE}::test_the_tree_names_neither_a_store_server_nor_our_variables"
DECIDED = f"{HOSTILE}::test_the_tree_says_nothing_of_the_store_that_the_caller_decides"
PIPELINE = f"{HOSTILE}::test_a_pipeline_reads_only_what_its_caller_allows"
LINK = f"{HOSTILE}::test_a_link_in_an_allowed_folder_leads_to_no_other_one"
READ = f"{HOSTILE}::test_a_secret_of_the_estate_is_read"
SMALL = f"{HOSTILE}::test_a_secret_is_a_small_regular_file_of_text"
RESERVED = "tests/robustness/secrets/test_reserved_files.py"
SIM_FILES = f"{RESERVED}::test_no_set_of_sims_reads_a_hidden_file_or_one_of_ours"
OF_OTHERS = "tests/robustness/secrets/test_plans_of_others.py"
COMPARED = "tests/robustness/secrets/test_not_compared.py"
NEEDED = "tests/unit/plan/test_needed_secrets.py"
FLOWS = "tests/unit/plan/test_flows.py"
FORMS = "tests/robustness/secrets/test_redaction.py::test_no_text_has_a_known_secret_in_any_form"
SHORT = "tests/robustness/secrets/test_redaction.py::test_a_short_value_is_taken_out_of_texts_of_others_only"
NAMES = "tests/robustness/secrets/test_names_and_text.py"
ESCAPES = f"{NAMES}::test_json_shows_what_nobody_sees_as_an_escape"

EXCERPTS = "tests/robustness/secrets/test_excerpts.py::test_a_secret_in_the_wrong_place_is_refused_and_not_quoted"
HINTS = "tests/robustness/secrets/test_hints.py::test_the_name_is_one_word_in_the_commands_of_a_refused_plan"

SECRET_RULES: Mapping[str, RuleMutant] = {
    "a text in the place of a block with a secret is quoted": RuleMutant(
        "manifests/problems.py",
        "    return any(inner.secret or inner.secret_url for _, inner in shape.walk())",
        "    return False",
        (EXCERPTS,),
    ),
    "an excerpt shows a line below the name of a secret": RuleMutant(
        "reports/diagnostics.py",
        "            return _ABOVE.search(above) is not None",
        "            return False",
        (EXCERPTS,),
    ),
    "a plan is saved over whatever has the name": RuleMutant(
        "named_files.py",
        "elif found is not None and not _begins(target, over):",
        "elif found is None and not _begins(target, over):",
        ("tests/robustness/surroundings/test_named_files.py::test_a_plan_is_not_saved_over_a_file_that_is_no_plan",),
    ),
    "the name of an estate is several words in a hint": RuleMutant(
        "plan/guards.py", "{quote(owner)} {quote(estate)}", "{owner} {estate}", (HINTS,)
    ),
    "a variable of ours in small letters is read": RuleMutant(
        "model/reserved_variables.py", "    name = variable.upper()\n", "    name = variable\n", (MACHINE,)
    ),
    "a folder that begins with a dot is no hidden one": RuleMutant(
        "model/reserved_variables.py",
        'return file.startswith(".") or any(name.startswith(".") and not name.startswith("..") for name in folders)',
        'return file.startswith(".")',
        (f"{RESERVED}::test_a_hidden_entry_of_the_manifests_is_refused_where_it_stands",),
    ),
    "a name that looks as if it began with a dot is none": RuleMutant(
        "model/reserved_variables.py",
        "    if name.isascii():\n        return name\n",
        "    if name:\n        return name\n",
        (SIM_FILES,),
    ),
    "a volume of Kubernetes is hidden": RuleMutant(
        "model/reserved_variables.py",
        'name.startswith(".") and not name.startswith("..") for name in folders',
        'name.startswith(".") for name in folders',
        (READ,),
    ),
    "a secret file is judged by its name, not by where it leads": RuleMutant(
        "operations/secrets.py",
        "return (top / file).resolve().relative_to(top).parts",
        "return (top / file).relative_to(top).parts",
        (READ,),
    ),
    "the token file is a secret of the estate": RuleMutant(
        "operations/secrets.py",
        "            if self._is_guarded(names):\n",
        "            if not names:\n",
        (SECRET_FILES,),
    ),
    "a pipeline reads every secret": RuleMutant(
        "operations/secrets.py",
        "allowed = given if given or is_ci(variables) else None",
        "allowed = given or None",
        (PIPELINE,),
    ),
    "a link in an allowed folder leads anywhere": RuleMutant(
        "operations/secrets.py",
        "if reference.file is not None and (names := self._place(reference.file)) is not None:",
        "if reference.file is None and (names := self._place('')) is not None:",
        (LINK,),
    ),
    "a secret is read before another is refused": RuleMutant(
        "operations/secrets.py",
        "    for problem in (_may_not, _is_wrong):\n",
        "    for problem in (_is_wrong, _may_not):\n",
        (f"{OF_OTHERS}::test_nothing_is_read_while_one_reference_may_not_be_followed",),
    ),
    "a secret of a plan file is judged when it is needed": RuleMutant(
        "operations/session.py", "        permit(needed, secrets)\n", "", (OF_OTHERS,)
    ),
    "a secret of a plan file is sent anywhere": RuleMutant(
        "operations/secrets.py",
        "        if (why := _sent_astray(value)) is not None:\n            raise",
        "        if (why := _sent_astray(None)) is not None:\n            raise",
        (OF_OTHERS,),
    ),
    "a pipe counts as a missing secret": RuleMutant(
        "operations/secrets.py",
        "            if error.code is FILE_NOT_FOUND:\n",
        "            if error.code:\n",
        (SMALL,),
    ),
    "a secret may have two lines": RuleMutant(
        "operations/secrets.py",
        "    if any(unicodedata.category(letter) in _NOT_IN_A_SECRET for letter in text):\n",
        '    if "\\0" in text:\n',
        (SMALL,),
    ),
    "a secret that is no URL is a webhook's": RuleMutant(
        "operations/secrets.py",
        'if value is not None and path[-1] == "url" and not (_URL.match(value) and host_of(value)):',
        'if value is not None and path[-1] == "" and not (_URL.match(value) and host_of(value)):',
        ("tests/robustness/secrets/test_quoted_values.py::test_a_secret_that_is_no_good_address_is_not_quoted",),
    ),
    "the tree names the server of the store": RuleMutant(
        "operations/store_location.py",
        "    if given is None or not given.startswith(POSTGRES) or _hosts(given) != _hosts(store):\n",
        "    if given is not None and _hosts(given) != _hosts(store):\n",
        (STORES,),
    ),
    "the tree adds settings to the address of the store": RuleMutant(
        "manifests/configuration.py",
        'if "?" in text or "#" in text or not _ADDRESS.fullmatch(unquote(text)):',
        "if not text:",
        (DECIDED,),
    ),
    "the store's variable may be any": RuleMutant(
        "manifests/configuration.py",
        "if (owner := owner_of(name)) is not None and name != STORE_VARIABLE:",
        "if (owner := owner_of(name)) is not None and not name:",
        (DECIDED,),
    ),
    "a metadata address in IPv6 is a good one": RuleMutant(
        "model/destinations.py",
        "if int(found) >= _SMALLEST_COMPATIBLE and any(",
        "if int(found) < 0 and any(",
        (SENT,),
    ),
    "a host is judged by its letters": RuleMutant(
        "model/destinations.py",
        'unicodedata.normalize("NFKC", unquote(host))',
        "str(host)",
        (SENT,),
    ),
    "a backslash hides the host": RuleMutant(
        "model/destinations.py", 'for text in (url, url.replace("\\\\", "/")):', "for text in (url,):", (SENT,)
    ),
    "a link-local host is a good one": RuleMutant(
        "model/destinations.py", "    if address.is_link_local:\n", "    if address.is_loopback:\n", (SENT,)
    ),
    "a manifest may be a hidden file": RuleMutant(
        "manifests/configuration.py",
        '    if is_hidden(text.split("/")):\n',
        "    if not text:\n",
        (f"{RESERVED}::test_a_hidden_entry_of_the_manifests_is_refused_where_it_stands",),
    ),
    "a manifest may be the token": RuleMutant(
        "manifests/reserved_files.py",
        "        if self.is_guarded(status):\n            raise",
        "        if not self.judges_names:\n            raise",
        (SIM_FILES,),
    ),
    "a folder of manifests gives the token": RuleMutant(
        "manifests/files.py",
        "if not (is_folder or is_manifest) or reserved.is_guarded(status):",
        "if not (is_folder or is_manifest):",
        (f"{RESERVED}::test_a_folder_of_manifests_leaves_out_what_is_hidden_and_the_token",),
    ),
    "a file of SIMs may be a secret of the caller": RuleMutant(
        "manifests/reserved_files.py",
        "if any(fits(pattern, shown) for pattern in self.secrets if not _is_open(pattern)):",
        "if not shown:",
        (SIM_FILES,),
    ),
    "a file of SIMs may have any name": RuleMutant(
        "manifests/reserved_files.py",
        "if not stat.S_ISDIR(status.st_mode) and not shown.lower().endswith(endings):",
        "if not stat.S_ISDIR(status.st_mode) and not endings:",
        (SIM_FILES,),
    ),
    "a pattern is for hidden files": RuleMutant(
        "manifests/rosters.py",
        "return sorted(name.as_posix() for name in names if not is_hidden(name.parts))[:MOST_FILES]",
        "return sorted(name.as_posix() for name in names)[:MOST_FILES]",
        (f"{RESERVED}::test_a_pattern_is_for_no_hidden_file",),
    ),
    "the store may be a file of SIMs": RuleMutant(
        "manifests/reserved_files.py",
        "return replace(self, guarded=self.guarded | set(_identities([self.store_of(configuration)])))",
        "return self",
        (SIM_FILES,),
    ),
    "a secret that is missing is as it was": RuleMutant(
        "plan/needed_secrets.py",
        "is_missing = reference is not None and not is_there(reference)",
        "is_missing = False",
        (NEEDED,),
    ),
    "a secret without a key is as it was": RuleMutant(
        "plan/needed_secrets.py",
        "if is_missing or (live is not None and at(live, path) is not None):",
        "if is_missing:",
        (NEEDED,),
    ),
    "an activation code that is missing is there": RuleMutant(
        "plan/needed_secrets.py",
        "        if reference is not None and not is_there(reference):\n            yield",
        "        if reference is None:\n            yield",
        (NEEDED,),
    ),
    "a secret that the platform does not have is as it was": RuleMutant(
        "diffing/canonical.py",
        "        if seen is None:\n            return digests.get(path, value)\n",
        "",
        (f"{COMPARED}::test_a_new_secret_of_an_object_without_one_is_a_change",),
    ),
    "a plan that compared nothing says that nothing changes": RuleMutant(
        "reports/plan_text.py",
        "        if plan.uncompared:\n            text = ",
        "        if plan.changes:\n            text = ",
        (COMPARED,),
    ),
    "a pipeline is not told of a secret that is missing": RuleMutant(
        "cli/commands/plans.py",
        "    elif unresolved is not None:\n",
        "    elif unresolved is not None and detailed:\n",
        (COMPARED,),
    ),
    "a pipeline applies although a secret was not compared": RuleMutant(
        "operations/session.py",
        "if unresolved is not None and self.estate.is_in_ci:",
        "if unresolved is not None and not self.is_changing:",
        (COMPARED,),
    ),
    "a plan file forgets what was not compared": RuleMutant(
        "plan/planfile.py",
        "if plan.uncompared else msgspec.UNSET",
        "if plan.drift else msgspec.UNSET",
        (NEEDED,),
    ),
    "a new host of a webhook is no new peer": RuleMutant(
        "plan/flows.py",
        "        if new is not None and new != old:\n",
        "        if new is not None and old is None:\n",
        (FLOWS,),
    ),
    "a default route in parts is none": RuleMutant(
        "plan/flows.py", "_MOST = {4: 1 << 31, 6: 1 << 124}", "_MOST = {4: 1 << 32, 6: 1 << 128}", (FLOWS,)
    ),
    "a default route to another target is no new peer": RuleMutant(
        "plan/flows.py", "        if target is not None and target != old:\n", "        if old is None:\n", (FLOWS,)
    ),
    "a secret that goes to another host is no new flow": RuleMutant(
        "plan/flows.py",
        "is_same = digest is not None and digest == _at(before, path) and host == _receiver(kind, path, before, {})",
        "is_same = digest is not None and digest == _at(before, path)",
        (FLOWS,),
    ),
    "a secret in base64 after one byte is not known": RuleMutant(
        "redaction.py", "    for before in range(3):\n", "    for before in (0, 2):\n", (FORMS,)
    ),
    "a secret as .NET writes JSON is not known": RuleMutant(
        "redaction.py", 'for form in ("\\\\u{:04X}", "\\\\u{:04x}"):', 'for form in ("\\\\u{:04x}",):', (FORMS,)
    ),
    "a short secret stays in texts of others": RuleMutant(
        "redaction.py", "found = self._found(text, 1)", "found = self._found(text, SHORTEST)", (SHORT,)
    ),
    "two secrets share a generated variable": RuleMutant(
        "exporting/variables.py",
        "place: name if counts[name] == 1 else",
        "place: name if counts[name] >= 1 else",
        (NAMES,),
    ),
    "a control character of C1 is printed in JSON": RuleMutant(
        "model/json_text.py", '"[\\x7f-\\x9f\\u00ad', '"[\\u00ad', (ESCAPES,)
    ),
}
