"""Typed dictionaries without required members, for objects whose platform values no manifest can hold."""

import types
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Required, Union, get_args, get_origin, get_type_hints

from typing_extensions import TypedDict, is_typeddict

from reconciler.model.closed import closed


@cache
def relaxed(spec: type) -> type:
    """The same members at any depth, none of them required."""
    members = {name: _relaxed(hint) for name, hint in get_type_hints(spec, include_extras=True).items()}
    # A typed dictionary is made by a call where its members are not known before.
    made: Any = TypedDict(spec.__name__, members, total=False)  # type: ignore[misc]  # the name is given, too
    return closed(made)


def _relaxed(hint: Any) -> Any:
    origin = get_origin(hint)
    if origin is Required:
        return _relaxed(get_args(hint)[0])
    if origin is Annotated:
        inner, *markers = get_args(hint)
        return Annotated[(_relaxed(inner), *markers)]
    if origin is list:
        return list.__class_getitem__(_relaxed(get_args(hint)[0]))
    if origin in {Union, types.UnionType}:
        return reduce(or_, map(_relaxed, get_args(hint)))
    return relaxed(hint) if is_typeddict(hint) else hint
