"""Words of other tools: each is answered with ours, or with the reason why there is none."""

import click
import pytest
from click.testing import CliRunner

from reconciler.cli.habits import HABITS, Habit, translated
from reconciler.cli.main import ALIASES, COMMANDS, cli

_TRANSLATED = [habit for habit in HABITS if habit.instead is not None]
_REFUSED = [habit for habit in HABITS if habit.instead is None]
# Words that the issue and the manuals of the tools name; each of them has a row.
NAMED = {
    "-target=X", "-var A=B", "import", "state list", "refresh", "-json", "apply --dry-run=server", "workspace", "taint",
    "-out=X", "-chdir=X", "state show", "state rm", "force-unlock", "-refresh=false", "-lock=false", "-var-file=X",
    "output", "console", "create", "delete", "edit", "patch", "rollout", "--doit", "gateway sync", "gateway dump",
}  # fmt: skip


def _options(name: str) -> set[str]:
    """Every spelling of every option of a command and of those below it."""
    context = click.Context(cli)
    command = cli.get_command(context, name) if name else cli
    assert command is not None, name
    below = [command, *(command.commands.values() if isinstance(command, click.Group) and command is not cli else ())]
    return {spelling for one in below for parameter in one.params for spelling in parameter.opts} | {"--help"}


def _typed(habit: Habit) -> list[str]:
    """The habit as somebody types it: with values, and after a command where it is an option of any."""
    words = [
        f"{word.partition('=')[0]}=value"
        if word.partition("=")[2].isupper()
        else "value"
        if word.isupper() and word[0] != "-"
        else word
        for word in habit.typed.split()
    ]
    words = ["Ab=c" if word == "NAME=VALUE" else word for word in words]
    return words if habit.command else ["plan", *words]


def _knows(name: str, option: str) -> bool:
    return option in _options(ALIASES.get(name, name) if name in {*COMMANDS, *ALIASES} else "")


def test_there_are_seventy_habits_and_no_two_are_typed_alike() -> None:
    """One table, a row for each, and all that the manuals name first are in it."""
    typed = [habit.typed for habit in HABITS]
    assert (len(typed) >= 70, len(typed) - len(set(typed))) == (True, 0)
    keys = {(habit.command, habit.option) for habit in HABITS}
    named = [Habit("", words, "") for words in NAMED]
    assert [one.typed for one in named if (one.command, one.option) not in keys] == []


@pytest.mark.parametrize("habit", _REFUSED, ids=lambda habit: habit.typed)
def test_a_habit_without_a_translation_ends_with_one_line(habit: Habit) -> None:
    """Exit code 64; the line has the words, the tool and the way on, and nothing is on standard output."""
    ended = CliRunner().invoke(cli, _typed(habit), env={"CI": "1"})
    assert (ended.exit_code, ended.stdout) == (64, "")
    assert ended.stderr == f"error: {habit.typed!r} is of {habit.tool}; {habit.answer}\n"


@pytest.mark.parametrize("habit", _TRANSLATED, ids=lambda habit: habit.typed)
def test_a_translation_is_made_of_words_that_exist(habit: Habit) -> None:
    """The command is ours, and it knows the option that takes the place of the habit."""
    notes: list[str] = []
    words = translated(_typed(habit), commands=(*COMMANDS, *ALIASES), knows=_knows, note=notes.append)
    assert notes == [f"note: {habit.answer}"]
    command = next(word for word in words if not word.startswith("-"))
    assert command in COMMANDS
    new = {word for word in (habit.instead or "").split() if word.startswith("-")}
    # An option of many commands is tried with plan, which has it or leaves it to the command that has.
    if new:
        assert new <= _options(command) | _options("validate") | _options("apply") | _options("")
    if habit.takes_value and habit.instead:
        assert "value" in words


def test_a_habit_never_hides_a_word_of_our_own() -> None:
    """A command of ours is never looked up, and a habit of one command is no option that this command has."""
    commands = [habit.typed for habit in HABITS if habit.option is None and habit.command[0] in {*COMMANDS, *ALIASES}]
    assert commands == []
    mine = [
        habit.typed
        for habit in HABITS
        if habit.option and habit.command and (habit.option or "").partition("=")[0] in _options(habit.command[0])
    ]
    assert mine == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("-chdir=there plan -out=a.plan -input=false", "plan -C there --out a.plan"),
        ("plan -target=VSlice/net -json", "plan --target VSlice/net -o json"),
        ("apply -auto-approve -parallelism=3 -chdir=x", "apply --auto-approve --parallelism 3 -C x"),
        ("apply -f folder --dry-run=server", "plan -f folder"),
        ("apply --dry-run=client -f folder", "validate -f folder"),
        ("state list", "inventory list"),
        ("state show VSlice/net", "inventory show VSlice/net"),
        ("gateway diff -s kong.yaml", "plan -f kong.yaml"),
        ("get groups -A", "get groups"),
        ("--debug ls sims", "--debug get sims"),
        ("-version", "--version"),
        ("plan -- -var", "plan -- -var"),
        ("fmt -check -recursive", "fmt --check"),
        ("plan --out -", "plan --out -"),
    ],
)
def test_words_are_translated_where_they_are(typed: str, meant: str) -> None:
    """Options before the command go behind it; our own words stay as they are."""
    words = translated(typed.split(), commands=(*COMMANDS, *ALIASES), knows=_knows, note=lambda _: None)
    assert " ".join(words) == meant
