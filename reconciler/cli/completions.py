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

    found = seen_words(str(ctx.params.get("name") or ""), ctx.meta.get("reconciler.root"))
    return [word for word in found if word.startswith(incomplete.lower())][:_MOST]


def kind_names(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[str]:
    """The kinds of manifests."""
    from reconciler.operations.catalogue_names import kinds_of_manifests

    return [name for name in kinds_of_manifests() if name.lower().startswith(incomplete.lower())]


def places(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[str]:
    """The kinds, and the fields of the one that is written already."""
    from reconciler.operations.catalogue_names import fields_of

    name, dot, _ = incomplete.partition(".")
    if not dot:
        return kind_names(ctx, param, incomplete)
    return [place for place in fields_of(name) if place.lower().startswith(incomplete.lower())][:_MOST]


def seen_kinds(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[str]:
    """SIMs, and the kinds whose objects are live."""
    return [name for name in ("sims", *kind_names(ctx, param, "")) if name.lower().startswith(incomplete.lower())]
