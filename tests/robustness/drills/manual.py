"""The page that people follow when something went wrong, as a drill reads it: by heading, command by command."""

import re
import shlex
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "recover.md"
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def sections() -> dict[str, str]:
    """The text below each heading."""
    parts = re.split(r"^## (.*)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def commands(heading: str, /, **values: str) -> list[list[str]]:
    """The arguments of each command below a heading, with `BACKUP` and the like replaced by values."""
    found = []
    for block in _BLOCK.findall(sections()[heading]):
        for line in block.splitlines():
            program, *arguments = shlex.split(line)
            assert program == "reconciler"
            found.append([values.get(argument, argument) for argument in arguments])
    return found


def symptoms() -> list[tuple[str, str]]:
    """The table's rows: what is seen, and the command."""
    rows = re.findall(r"^\| (?!what|---)(.*?) \| (.*?) \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [(seen, command) for seen, command in rows]
