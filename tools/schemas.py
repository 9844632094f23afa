"""Write schemas/: one JSON Schema a kind, one for all, one for plan files."""

import json
import sys
from pathlib import Path

from reconciler.kinds import kinds
from reconciler.operations.schema import all_kinds_schema, estate_schema, kind_schema
from reconciler.plan.document import plan_schema

FOLDER = Path(__file__).parents[1] / "schemas"


def schemas() -> dict[str, str]:
    """File name → content."""
    files = {f"{kind.slug}.schema.json": kind_schema(kind) for kind in kinds().values()}
    files["manifest.schema.json"] = all_kinds_schema()
    files["estate.schema.json"] = estate_schema()
    files["plan.schema.json"] = plan_schema()
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in files.items()}


def main() -> int:
    """Write the files; with --check only compare, and exit with 1 when one is out of date."""
    stale = []
    for name, content in schemas().items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(content, encoding="utf-8")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    raise SystemExit(main())
