"""
Build the site of docs/ in build/site: `python -m tools.site`.

A warning is an error, and so is a page that loads something from another host: the site works without a network.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SITE = ROOT / "build" / "site"
_SPHINX = (sys.executable, "-m", "sphinx", "-b", "html", "-q", "-E", "-W", "-j", "auto", "-d", str(SITE) + "-cache")

# A script, a style sheet, an image or a frame of a page; a font or a style sheet of a style sheet.
_LOADED = {
    ".html": re.compile(
        r"<(?:script|img|iframe|source|link)\b[^>]*?\b(?:src|href)=\"((?:https?:)?//[^\"]+)\"", re.IGNORECASE
    ),
    ".css": re.compile(r"(?:url\(|@import\s)\s*[\"']?((?:https?:)?//[^\"')]+)", re.IGNORECASE),
}


def foreign(folder: Path) -> Iterator[str]:
    """Each thing that a page or a style sheet below `folder` loads from another host, with the file that does."""
    for path in sorted(folder.rglob("*")):
        if pattern := _LOADED.get(path.suffix):
            for address in pattern.findall(path.read_text(encoding="utf-8")):
                yield f"{path.relative_to(folder)} loads {address}"


def main() -> int:
    """Build, then look at what was built."""
    built = subprocess.run((*_SPHINX, str(ROOT / "docs"), str(SITE)), check=False)
    loaded = list(foreign(SITE)) if not built.returncode else []
    for line in loaded:
        print(line, file=sys.stderr)
    return built.returncode or bool(loaded)


if __name__ == "__main__":
    raise SystemExit(main())
