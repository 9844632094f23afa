"""
Words for the completion of a shell. Offline, quick, and silent about whatever is wrong.

Only small modules are imported here, and only while a shell completes.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

_MOST = 500


def list_names(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[str]:
    """The platform's lists."""
    from reconciler.operations.catalogue_names import names

    return [name for name in names() if name.startswith(incomplete)]


def list_words(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[str]:
    """The words of a list as last seen."""
    from reconciler.operations.catalogue_names import seen_words

    found = seen_words(str(ctx.params.get("name") or ""), ctx.params.get("root"))
    return [word for word in found if word.startswith(incomplete.lower())][:_MOST]
