"""
The checked expression as the library writes it: `cel.expr.CheckedExpr`, of which what is read is declared here.

The library ships no Python module for this message. Fields that are not declared are skipped by the decoder, so a newer
library that adds some is read as well.
"""

from functools import cache
from typing import Any

_STRING, _BOOL, _INT64, _UINT64, _DOUBLE, _BYTES, _INT32, _MESSAGE, _ENUM = 9, 8, 3, 4, 1, 12, 5, 11, 14
_ONE, _MANY = 1, 3
_PREFIX = "type.googleapis.com/"

# Message → fields as (name, number, type, label, message). Enumerations are read as their numbers.
_MESSAGES: dict[str, tuple[tuple[str, int, int, int, str], ...]] = {
    "Entry": (("key", 1, _INT64, _ONE, ""), ("value", 2, _MESSAGE, _ONE, "Type")),
    "Reference": (("name", 1, _STRING, _ONE, ""), ("overload_id", 3, _STRING, _MANY, "")),
    "ReferenceEntry": (("key", 1, _INT64, _ONE, ""), ("value", 2, _MESSAGE, _ONE, "Reference")),
    "PositionEntry": (("key", 1, _INT64, _ONE, ""), ("value", 2, _INT32, _ONE, "")),
    "SourceInfo": (("positions", 4, _MESSAGE, _MANY, "PositionEntry"),),
    "CheckedExpr": (
        ("reference_map", 2, _MESSAGE, _MANY, "ReferenceEntry"),
        ("type_map", 3, _MESSAGE, _MANY, "Entry"),
        ("expr", 4, _MESSAGE, _ONE, "Expr"),
        ("source_info", 5, _MESSAGE, _ONE, "SourceInfo"),
    ),
    "Constant": (
        ("null_value", 1, _INT32, _ONE, ""),
        ("bool_value", 2, _BOOL, _ONE, ""),
        ("int64_value", 3, _INT64, _ONE, ""),
        ("uint64_value", 4, _UINT64, _ONE, ""),
        ("double_value", 5, _DOUBLE, _ONE, ""),
        ("string_value", 6, _STRING, _ONE, ""),
        ("bytes_value", 7, _BYTES, _ONE, ""),
    ),
    "Ident": (("name", 1, _STRING, _ONE, ""),),
    "Select": (
        ("operand", 1, _MESSAGE, _ONE, "Expr"),
        ("field", 2, _STRING, _ONE, ""),
        ("test_only", 3, _BOOL, _ONE, ""),
    ),
    "Call": (
        ("target", 1, _MESSAGE, _ONE, "Expr"),
        ("function", 2, _STRING, _ONE, ""),
        ("args", 3, _MESSAGE, _MANY, "Expr"),
    ),
    "CreateList": (("elements", 1, _MESSAGE, _MANY, "Expr"),),
    "StructEntry": (
        ("field_key", 2, _STRING, _ONE, ""),
        ("map_key", 3, _MESSAGE, _ONE, "Expr"),
        ("value", 4, _MESSAGE, _ONE, "Expr"),
    ),
    "CreateStruct": (("message_name", 1, _STRING, _ONE, ""), ("entries", 2, _MESSAGE, _MANY, "StructEntry")),
    "Comprehension": (
        ("iter_var", 1, _STRING, _ONE, ""),
        ("iter_range", 2, _MESSAGE, _ONE, "Expr"),
        ("accu_var", 3, _STRING, _ONE, ""),
        ("accu_init", 4, _MESSAGE, _ONE, "Expr"),
        ("loop_condition", 5, _MESSAGE, _ONE, "Expr"),
        ("loop_step", 6, _MESSAGE, _ONE, "Expr"),
        ("result", 7, _MESSAGE, _ONE, "Expr"),
        ("iter_var2", 8, _STRING, _ONE, ""),
    ),
    "Expr": (
        ("id", 2, _INT64, _ONE, ""),
        ("const_expr", 3, _MESSAGE, _ONE, "Constant"),
        ("ident_expr", 4, _MESSAGE, _ONE, "Ident"),
        ("select_expr", 5, _MESSAGE, _ONE, "Select"),
        ("call_expr", 6, _MESSAGE, _ONE, "Call"),
        ("list_expr", 7, _MESSAGE, _ONE, "CreateList"),
        ("struct_expr", 8, _MESSAGE, _ONE, "CreateStruct"),
        ("comprehension_expr", 9, _MESSAGE, _ONE, "Comprehension"),
    ),
    "ListType": (("elem_type", 1, _MESSAGE, _ONE, "Type"),),
    "MapType": (("key_type", 1, _MESSAGE, _ONE, "Type"), ("value_type", 2, _MESSAGE, _ONE, "Type")),
    "Type": (
        ("dyn", 1, _MESSAGE, _ONE, "Nothing"),
        ("null", 2, _INT32, _ONE, ""),
        ("primitive", 3, _INT32, _ONE, ""),
        ("wrapper", 4, _INT32, _ONE, ""),
        ("well_known", 5, _INT32, _ONE, ""),
        ("list_type", 6, _MESSAGE, _ONE, "ListType"),
        ("map_type", 7, _MESSAGE, _ONE, "MapType"),
        ("message_type", 9, _STRING, _ONE, ""),
    ),
    "Nothing": (),
    "Any": (("type_url", 1, _STRING, _ONE, ""), ("value", 2, _BYTES, _ONE, "")),
}
# A message of these holds one member at most, so presence is more than a value that is not the default.
_CHOICES = {"Expr": 1, "Constant": 0, "Type": 0}


@cache
def _classes() -> tuple[Any, Any]:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    package = "reconciler.checked"
    file = descriptor_pb2.FileDescriptorProto(name="checked", package=package, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        first = _CHOICES.get(name)
        if first is not None:
            message.oneof_decl.add(name="kind")
        for position, (field, number, sort, label, inner) in enumerate(fields):
            added = message.field.add(name=field, number=number, type=sort, label=label)
            if inner:
                added.type_name = f".{package}.{inner}"
            if first is not None and position >= first:
                added.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = (pool.FindMessageTypeByName(f"{package}.{name}") for name in ("Any", "CheckedExpr"))
    envelope, checked = (message_factory.GetMessageClass(one) for one in found)
    return envelope, checked


def decoded(serialized: bytes) -> Any:
    """The checked expression that the library serialized. Raises `ValueError` if it is not one, or nested too deep."""
    from google.protobuf.message import DecodeError

    envelope_class, checked_class = _classes()
    try:
        envelope = envelope_class.FromString(serialized)
        if envelope.type_url.removeprefix(_PREFIX) != "cel.expr.CheckedExpr":
            message = "the library wrote no checked expression"
            raise ValueError(message)
        return checked_class.FromString(envelope.value)
    except DecodeError as error:
        message = "the checked expression cannot be read"
        raise ValueError(message) from error
