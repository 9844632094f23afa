"""
Words that people type from the habit of another tool, each with our word for it or the reason why there is none.

A habit whose meaning is the same and that changes nothing by itself is translated and runs; the others end with exit
code 64 and one line. Words that a command knows by itself are never looked up here.

Length: one table, a row for each habit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reconciler.errors import UsageError

TERRAFORM, KUBECTL, OCTODNS, DECK, OTHERS = "Terraform", "kubectl", "octoDNS", "decK", "Pulumi, Ansible"


@dataclass(frozen=True, slots=True)
class Habit:
    """
    One habit: the tool, the words as typed, and the answer in a sentence.

    `typed` begins with the command, or with the option where it may follow any. Words in capitals and whatever follows
    ``=`` in capitals are places of values. `instead` is the translation: words for the command, or for the option with
    ``{}`` for its value; empty: the words are left out; after ``@`` another command. None: there is no translation.
    """

    tool: str
    typed: str
    answer: str
    instead: str | None = None

    @property
    def command(self) -> tuple[str, ...]:
        """The words of the command; none for an option of any command."""
        words = self.typed.split()
        end = next((place for place, word in enumerate(words) if word.startswith("-") or word.isupper()), len(words))
        return tuple(words[:end])

    @property
    def option(self) -> str | None:
        """The option, with its value where that is a part of the habit."""
        found = next((word for word in self.typed.split() if word.startswith("-")), None)
        if found is None:
            return None
        name, sign, value = found.partition("=")
        return name if value.isupper() or not sign else found

    @property
    def takes_value(self) -> bool:
        """Whether the option has a value, after ``=`` or as the next word."""
        found = next((word for word in self.typed.split() if word.startswith("-")), "")
        return found.partition("=")[2].isupper() or any(
            before == found and after[0].isupper() for before, after in pairwise(self.typed.split())
        )


_EVERY_PLAN = "every plan reads the whole account"
HABITS = (
    # Options of Terraform have one dash.
    Habit(TERRAFORM, "-chdir=DIR", "the root of the estate is named with -C DIR", "-C {}"),
    Habit(TERRAFORM, "-help", "help is --help", "--help"),
    Habit(TERRAFORM, "-version", "the version is printed by: reconciler version", "--version"),
    Habit(TERRAFORM, "-no-color", "it is --no-color", "--no-color"),
    Habit(TERRAFORM, "-json", "JSON is asked for with -o json", "-o json"),
    Habit(TERRAFORM, "-input=false", "nobody is asked without a terminal, so nothing is to be switched off", ""),
    Habit(TERRAFORM, "-compact-warnings", "warnings are one line already", ""),
    Habit(TERRAFORM, "-out=FILE", "a plan is saved with --out FILE", "--out {}"),
    Habit(TERRAFORM, "-target=ADDRESS", "a part is planned with --target KIND/NAME", "--target {}"),
    Habit(TERRAFORM, "-auto-approve", "it is --auto-approve", "--auto-approve"),
    Habit(TERRAFORM, "-detailed-exitcode", "it is --detailed-exitcode", "--detailed-exitcode"),
    Habit(TERRAFORM, "-parallelism=N", "it is --parallelism N", "--parallelism {}"),
    Habit(
        TERRAFORM,
        "-var NAME=VALUE",
        "there are no variables: values are written in manifests, parameters in a Division",
    ),
    Habit(
        TERRAFORM, "-var-file=FILE", "there are no files of variables: write one Division for each set of parameters"
    ),
    Habit(TERRAFORM, "-destroy", "write: reconciler destroy, which shows its plan and asks"),
    Habit(TERRAFORM, "-refresh=false", f"it has no place here: {_EVERY_PLAN}, because an old one would lie"),
    Habit(TERRAFORM, "-refresh=true", _EVERY_PLAN, ""),
    Habit(TERRAFORM, "-refresh-only", "write: reconciler drift, which shows the changes on the platform"),
    Habit(
        TERRAFORM,
        "-replace=ADDRESS",
        "no object is replaced on request: a replacement follows from an edit of a field that is fixed at creation",
    ),
    Habit(TERRAFORM, "-lock=false", "the lock cannot be left out: it keeps two runs from creating an object twice"),
    Habit(TERRAFORM, "-lock-timeout=TIME", "no command waits for the lock: exit code 6 means to run it again later"),
    Habit(TERRAFORM, "-state=FILE", "the store is named with --store ADDRESS, RECONCILER_STORE or spec.store"),
    Habit(TERRAFORM, "-backup=FILE", "write: reconciler store backup FILE"),
    Habit(TERRAFORM, "apply -json", "apply prints what it does as text; reconciler history -o json has the runs"),
    Habit(TERRAFORM, "init -upgrade", "there are no providers or modules to upgrade; init writes a small estate"),
    Habit(
        TERRAFORM,
        "init -backend-config=FILE",
        "the store is named with --store ADDRESS, RECONCILER_STORE or spec.store",
    ),
    Habit(TERRAFORM, "init -migrate-state", "a store is moved with: reconciler store backup, then store restore"),
    Habit(
        TERRAFORM, "init -reconfigure", "nothing is kept that could be configured again: the estate is its manifests"
    ),
    Habit(TERRAFORM, "fmt -check", "it is --check", "--check"),
    Habit(TERRAFORM, "fmt -diff", "it is --diff", "--diff"),
    Habit(TERRAFORM, "fmt -recursive", "fmt takes every manifest of the estate anyhow", ""),
    Habit(TERRAFORM, "fmt -write=false", "nothing is written with --check", "--check"),
    Habit(TERRAFORM, "import", "write: reconciler export DIR, then apply --adopt, or declare the object and adopt it"),
    Habit(
        TERRAFORM, "refresh", f"nothing is to be refreshed: {_EVERY_PLAN}; changes on the platform are shown by drift"
    ),
    Habit(TERRAFORM, "state list", "it is: reconciler inventory list", "inventory list"),
    Habit(TERRAFORM, "state show", "it is: reconciler inventory show ADDRESS", "inventory show"),
    Habit(TERRAFORM, "state pull", "it is: reconciler inventory list -o json", "inventory list -o json"),
    Habit(TERRAFORM, "state rm", "write: reconciler forget ADDRESS"),
    Habit(TERRAFORM, "state mv", "a rename is the annotation reconciler.dev/renamed-from: OLD in the manifest"),
    Habit(TERRAFORM, "state push", "the store is never written by hand: a backup is put back with store restore"),
    Habit(TERRAFORM, "state replace-provider", "there are no providers: reconciler speaks to one platform"),
    Habit(TERRAFORM, "state", "write: reconciler inventory list, inventory show ADDRESS, or forget ADDRESS"),
    Habit(TERRAFORM, "taint", "no object is replaced on request; edit the field that is wrong"),
    Habit(TERRAFORM, "untaint", "no object is ever marked for replacement, so no mark is to be taken away"),
    Habit(
        TERRAFORM, "workspace", "an estate is a folder with reconciler.yaml: write -C DIR; one store holds many estates"
    ),
    Habit(TERRAFORM, "output", "write: reconciler describe ADDRESS, which shows keys and addresses, also with -o json"),
    Habit(TERRAFORM, "console", "there is no console; reconciler explain KIND.FIELD says what a field means"),
    Habit(TERRAFORM, "providers", "there are no providers: reconciler speaks to one platform"),
    Habit(TERRAFORM, "modules", "there are no modules: a Template is instantiated by Divisions"),
    Habit(TERRAFORM, "metadata", "write: reconciler schema, which prints the JSON Schemas"),
    Habit(TERRAFORM, "login", "the token comes from STACUITY_TOKEN or --token-file and is kept nowhere"),
    Habit(TERRAFORM, "logout", "no token is kept anywhere; unset STACUITY_TOKEN"),
    Habit(TERRAFORM, "force-unlock", "write: reconciler unlock --epoch N, with the number that the refusal named"),
    # kubectl
    Habit(KUBECTL, "apply --dry-run=server", "it is: reconciler plan", "@plan"),
    Habit(KUBECTL, "apply --dry-run=client", "it is: reconciler validate", "@validate"),
    Habit(KUBECTL, "apply --dry-run=none", "that is what apply does", ""),
    Habit(KUBECTL, "apply --dry-run", "it is: reconciler plan", "@plan"),
    Habit(KUBECTL, "apply -k DIR", "there are no overlays; a Template with Divisions takes their place"),
    Habit(KUBECTL, "-R", "folders are read with all folders below them", ""),
    Habit(KUBECTL, "--recursive", "folders are read with all folders below them", ""),
    Habit(KUBECTL, "apply --server-side", "fields that are not stated are kept in any case; leave it out"),
    Habit(KUBECTL, "apply --force-conflicts", "another's object is taken over with --adopt, as a reviewed change"),
    Habit(KUBECTL, "apply --wait", "apply ends when everything is done and read back", ""),
    Habit(
        KUBECTL,
        "--force",
        "no limit is lifted as a whole: give --allow GUARD=NUMBER with the number that the plan prints",
    ),
    Habit(KUBECTL, "get -A", "get lists the whole account", ""),
    Habit(KUBECTL, "get --all-namespaces", "get lists the whole account", ""),
    Habit(KUBECTL, "get -w", "nothing is watched; a webhook of an EventHandler tells of changes as they happen"),
    Habit(KUBECTL, "get --watch", "nothing is watched; a webhook of an EventHandler tells of changes as they happen"),
    Habit(
        KUBECTL,
        "get --show-labels",
        "labels are in manifests and never on the platform; plan -l LABELS chooses by them",
    ),
    Habit(KUBECTL, "-n NAMESPACE", "there are no namespaces: -C DIR names an estate, and VSlices divide an account"),
    Habit(
        KUBECTL, "--namespace=NAME", "there are no namespaces: -C DIR names an estate, and VSlices divide an account"
    ),
    Habit(
        KUBECTL, "--context=NAME", "the platform is named with --platform or STACUITY_HOST, the token by STACUITY_TOKEN"
    ),
    Habit(KUBECTL, "--kubeconfig=FILE", "the platform is named with --platform, the token by --token-file FILE"),
    Habit(KUBECTL, "create", "declare the object in a manifest, then: reconciler apply"),
    Habit(
        KUBECTL, "delete", "remove the object from its manifest, then: reconciler apply; all of it: reconciler destroy"
    ),
    Habit(KUBECTL, "edit", "edit the manifest, then: reconciler apply"),
    Habit(KUBECTL, "patch", "edit the manifest, then: reconciler apply"),
    Habit(KUBECTL, "replace", "edit the manifest, then: reconciler apply"),
    Habit(KUBECTL, "set", "edit the manifest, then: reconciler apply"),
    Habit(KUBECTL, "label", "labels are written in the manifest, under metadata.labels"),
    Habit(KUBECTL, "annotate", "annotations are written in the manifest, under metadata.annotations"),
    Habit(KUBECTL, "scale", "SIMs are added and moved by lists and files of an EndpointSet"),
    Habit(
        KUBECTL, "rollout", "a change is taken back with the former manifest; runs are listed by: reconciler history"
    ),
    Habit(KUBECTL, "logs", "runs are listed by: reconciler history"),
    Habit(
        KUBECTL, "events", "events go to an EventHandler through an EventMap; runs are listed by: reconciler history"
    ),
    Habit(KUBECTL, "exec", "nothing runs on a SIM"),
    Habit(KUBECTL, "cp", "nothing is copied to a SIM"),
    Habit(KUBECTL, "attach", "nothing runs on a SIM"),
    Habit(KUBECTL, "run", "nothing runs on a SIM"),
    Habit(KUBECTL, "port-forward", "a port of a device is published by an EdgeService"),
    Habit(KUBECTL, "proxy", "a port of a device is published by an EdgeService"),
    Habit(KUBECTL, "expose", "a port of a device is published by an EdgeService"),
    Habit(KUBECTL, "top", "usage is not shown; states are: reconciler get sims --network active"),
    Habit(KUBECTL, "cordon", "a SIM is suspended by state: suspended in its manifest or file"),
    Habit(KUBECTL, "drain", "SIMs are moved by listing them in another group's EndpointSet"),
    Habit(KUBECTL, "wait", "apply ends when everything is done and read back"),
    Habit(KUBECTL, "kustomize", "there are no overlays; a Template with Divisions takes their place"),
    Habit(KUBECTL, "config", "settings are in reconciler.yaml; platform and token come from flags or the environment"),
    Habit(KUBECTL, "auth", "it is: reconciler doctor, which asks whether the token is accepted"),
    Habit(KUBECTL, "api-resources", "it is: reconciler explain", "explain"),
    Habit(
        KUBECTL,
        "api-versions",
        "manifests have apiVersion: reconciler.dev/v1alpha1; the program's is: version",
        "version",
    ),
    Habit(KUBECTL, "cluster-info", "it is: reconciler doctor", "doctor"),
    # octoDNS
    Habit(OCTODNS, "--doit", "apply asks, or takes --auto-approve; without either nothing is changed"),
    Habit(OCTODNS, "--config-file=FILE", "reconciler.yaml is read from the root of the estate: write -C DIR"),
    Habit(OCTODNS, "--lenient", "no rule is ever lenient: what is live stays valid, what is new has to be right"),
    Habit(OCTODNS, "compare", "it is: reconciler drift, or reconciler get KIND for live beside declared"),
    Habit(OCTODNS, "report", "a plan is reported with --report FORMAT=PATH, the account with: reconciler get"),
    Habit(OCTODNS, "versions", "it is: reconciler version", "version"),
    # decK
    Habit(DECK, "gateway diff", "it is: reconciler plan", "plan"),
    Habit(DECK, "gateway validate", "it is: reconciler validate", "validate"),
    Habit(DECK, "gateway ping", "it is: reconciler doctor", "doctor"),
    Habit(DECK, "gateway sync", "write: reconciler apply"),
    Habit(DECK, "gateway apply", "write: reconciler apply -f PATH, which leaves everything else as it is"),
    Habit(DECK, "gateway dump", "write: reconciler export DIR"),
    Habit(DECK, "gateway reset", "write: reconciler destroy, which deletes what this estate owns and nothing else"),
    Habit(DECK, "gateway", "write: reconciler plan, apply, export, validate or doctor"),
    Habit(DECK, "ping", "it is: reconciler doctor", "doctor"),
    Habit(DECK, "reset", "write: reconciler destroy, which deletes what this estate owns and nothing else"),
    Habit(DECK, "file lint", "it is: reconciler validate", "validate"),
    Habit(DECK, "file", "manifests are read as they are: write reconciler validate or reconciler fmt"),
    Habit(DECK, "convert", "there is one format; reconciler export DIR writes it from an account"),
    Habit(DECK, "-s FILE", "manifests are named with -f PATH", "-f {}"),
    Habit(DECK, "--state=FILE", "manifests are named with -f PATH", "-f {}"),
    Habit(
        DECK,
        "--select-tag=TAG",
        "spec.scope in reconciler.yaml says what an estate may own; plan -l LABELS chooses a part",
    ),
    Habit(DECK, "--kong-addr=URL", "the platform is named with --platform URL", "--platform {}"),
    Habit(DECK, "--headers=HEADER", "the token comes from STACUITY_TOKEN or --token-file"),
    Habit(DECK, "--workspace=NAME", "an estate is a folder with reconciler.yaml: write -C DIR"),
    # others
    Habit(OTHERS, "preview", "it is: reconciler plan", "plan"),
    Habit(OTHERS, "up", "write: reconciler apply"),
    Habit(OTHERS, "stack", "an estate is a folder with reconciler.yaml: write -C DIR; one store holds many estates"),
    Habit(
        OTHERS, "cancel", "interrupt the run with Ctrl-C; a lock of one that is gone is broken by: reconciler unlock"
    ),
    Habit(OTHERS, "ls", "it is: reconciler get", "get"),
    Habit(OTHERS, "list", "it is: reconciler get", "get"),
    Habit(OTHERS, "status", "it is: reconciler get", "get"),
    Habit(OTHERS, "apply --check", "it is: reconciler plan", "@plan"),
    Habit(OTHERS, "--diff", "a plan shows every difference", ""),
    Habit(OTHERS, "--limit=PATTERN", "a part is planned with --target KIND/NAME or -l LABELS"),
    Habit(
        OTHERS,
        "--extra-vars=VALUES",
        "there are no variables: values are written in manifests, parameters in a Division",
    ),
)
"""Every habit; where several fit, the one with the most words."""


def translated(
    arguments: Sequence[str], *, commands: Sequence[str], knows: Callable[[str, str], bool], note: Callable[[str], None]
) -> list[str]:
    """
    The words of the command line in our words; each translation is noted.

    `knows` says whether a command has an option. `UsageError` for a habit without a translation.
    """
    end = next((place for place, word in enumerate(arguments) if word == "--"), len(arguments))
    words, rest = list(arguments[:end]), list(arguments[end:])
    place = _place_of_command(words)
    if place is not None and words[place] not in commands:
        words = _command(words, place, note)
        place = _place_of_command(words)
    command = words[place] if place is not None else ""
    # Options of a command come after its name, wherever they were typed.
    early: list[str] = []
    late: list[str] = []
    waiting = iter(enumerate(words))
    for number, word in waiting:
        if number == place:
            continue
        native, ours = (early if place is None or number < place else late), (early if place is None else late)
        habit = _option(command, word) if word.startswith("-") and word != "-" else None
        if habit is None or knows(command, word.partition("=")[0]):
            native.append(word)
            continue
        if habit.instead is None:
            raise _refusal(habit)
        value = word.partition("=")[2]
        if habit.takes_value and "=" not in word:
            _, value = next(waiting, (0, ""))
        note(f"note: {habit.answer}")
        if habit.instead.startswith("@"):
            command = habit.instead[1:]
        else:
            ours += [piece.replace("{}", value) for piece in habit.instead.split()]
    return [*early, *([command] if place is not None else []), *late, *rest]


def _place_of_command(words: Sequence[str]) -> int | None:
    return next((number for number, word in enumerate(words) if not word.startswith("-")), None)


def _command(words: list[str], place: int, note: Callable[[str], None]) -> list[str]:
    """The words with a command of another tool translated; as they are where there is no such habit."""
    following = [word for word in words[place:] if not word.startswith("-")]
    fitting = [
        habit for habit in HABITS if habit.option is None and list(habit.command) == following[: len(habit.command)]
    ]
    habit = max(fitting, key=lambda one: len(one.command), default=None)
    if habit is None:
        return words
    if habit.instead is None:
        raise _refusal(habit)
    note(f"note: {habit.answer}")
    left = list(habit.command)
    kept = []
    for word in words[place:]:
        if left and word == left[0]:
            left.pop(0)
        else:
            kept.append(word)
    return [*words[:place], *habit.instead.split(), *kept]


def _option(command: str, word: str) -> Habit | None:
    """The habit that a word is; one of this command and one with its value come first."""
    name = word.partition("=")[0]
    fitting = [
        habit for habit in HABITS if habit.option in {word, name} and (not habit.command or habit.command == (command,))
    ]
    return max(fitting, key=lambda one: (len(one.command), len(one.option or "")), default=None)


def _refusal(habit: Habit) -> UsageError:
    return UsageError(f"{habit.typed!r} is of {habit.tool}; {habit.answer}")
