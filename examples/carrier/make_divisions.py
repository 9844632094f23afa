# ruff: noqa: INP001 - a folder with an example is no package
"""Write the divisions of this example: `python3 make_divisions.py [COUNT] [FOLDER]`. The same files every time."""

import sys
from pathlib import Path

COUNTRIES = ("AUT", "BEL", "CHE", "CZE", "DEU", "DNK", "ESP", "FRA", "GBR", "IRL", "ITA", "NLD", "POL")


def division(number: int) -> str:
    """One division; each tenth has its own idle time, and each fiftieth a patch."""
    code = f"c{number:04d}"
    own = "    idleMinutes: 15\n" if number % 10 == 0 else ""
    patch = (
        f"  patches:\n    - target: {{kind: EndpointGroup, name: {code}-deu}}\n"
        "      set: {spec.sessionInactivity.seconds: 120}\n"
        if number % 50 == 0
        else ""
    )
    countries = ", ".join(f"{{code: {country}}}" for country in COUNTRIES)
    return (
        "apiVersion: reconciler.dev/v1alpha1\nkind: Division\n"
        f"metadata: {{name: {code}}}\nspec:\n  template: {{name: customer, version: 1.0.0}}\n  parameters:\n"
        f"    code: {code}\n    title: Customer {number}\n{own}    countries: [{countries}]\n{patch}"
    )


def write(folder: Path, count: int = 500) -> None:
    """A file for each division."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        (folder / f"c{number:04d}.yaml").write_text(division(number), encoding="utf-8")


if __name__ == "__main__":
    given = sys.argv[1:]
    write(Path(given[1]) if len(given) > 1 else Path(__file__).parent / "divisions", int(given[0]) if given else 500)
