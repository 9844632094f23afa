"""
The declared types as the library takes them: each object type becomes a message of a pool of its own.

So a field that does not exist is refused when an expression is compiled, and not when it is evaluated.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.expressions.types import Sort, ValueType, text

PACKAGE = "reconciler.values"
_WRAPPERS = {Sort.STRING: "StringValue", Sort.INT: "Int64Value", Sort.BOOL: "BoolValue"}
_FIELD_TYPES = {Sort.STRING: 9, Sort.INT: 3, Sort.BOOL: 8}


class Structs:
    """
    The object types among the types of variables, with their messages.

    A type is known by its label: two types of one label are the same type, perhaps with other sizes.
    """

    __slots__ = ("_classes", "_named", "pool")

    def __init__(self, variables: Mapping[str, ValueType]) -> None:
        from google.protobuf import message_factory

        self._named: dict[str, tuple[str, ValueType]] = {}
        self.pool = self._pool(variables)
        self._classes: dict[str, Any] = {}
        for name, _ in self._named.values():
            found = self.pool.FindMessageTypeByName(f"{PACKAGE}.{name}")
            self._classes[name] = message_factory.GetMessageClass(found)

    def by_name(self, name: str) -> ValueType | None:
        """The object type behind the name of a message, with or without its package."""
        bare = name.removeprefix(f"{PACKAGE}.")
        return next((struct for known, struct in self._named.values() if known == bare), None)

    def _pool(self, variables: Mapping[str, ValueType]) -> Any:
        from google.protobuf import descriptor_pb2, descriptor_pool, wrappers_pb2

        file = descriptor_pb2.FileDescriptorProto(name="values", package=PACKAGE, syntax="proto3")
        file.dependency.append("google/protobuf/wrappers.proto")
        for found in variables.values():
            self._add(file, found)
        pool = descriptor_pool.DescriptorPool()
        wrappers = descriptor_pb2.FileDescriptorProto()
        wrappers_pb2.DESCRIPTOR.CopyToProto(wrappers)
        pool.Add(wrappers)
        pool.Add(file)
        return pool

    def _add(self, file: Any, found: ValueType) -> None:
        if found.item is not None:
            self._add(file, found.item)
        if found.sort is not Sort.STRUCT or found.label in self._named:
            return
        for member in found.members.values():
            self._add(file, member)
        name = f"T{len(self._named)}"
        self._named[found.label] = name, found
        message = file.message_type.add(name=name)
        for number, (field, member) in enumerate(found.members.items(), start=1):
            self._field(message, field, number, member)

    def _field(self, message: Any, field: str, number: int, member: ValueType) -> None:
        one = member
        label = 1
        if member.sort is Sort.LIST and member.item is not None:
            one, label = member.item, 3
        if member.sort is Sort.MAP:
            self._map_field(message, field, number, member)
            return
        added = message.field.add(name=field, number=number, label=label)
        if one.sort is Sort.STRUCT:
            added.type, added.type_name = 11, f".{PACKAGE}.{self._named[one.label][0]}"
        elif one.nullable:
            added.type, added.type_name = 11, f".google.protobuf.{_WRAPPERS[one.sort]}"
        else:
            added.type = _FIELD_TYPES[one.sort]

    def _map_field(self, message: Any, field: str, number: int, member: ValueType) -> None:
        entry = message.nested_type.add(name=f"{field[:1].upper()}{field[1:]}Entry".replace("_", ""))
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, label=1, type=9)
        if member.item is not None:
            self._field(entry, "value", 2, member.item)
        type_name = f".{PACKAGE}.{message.name}.{entry.name}"
        message.field.add(name=field, number=number, label=3, type=11, type_name=type_name)

    def declared(self, cel: Any, found: ValueType) -> Any:
        """The library's own type for a declared one."""
        match found.sort:
            case Sort.STRUCT:
                return cel.Type(f"{PACKAGE}.{self._named[found.label][0]}")
            case Sort.LIST:
                return cel.Type.List(self.declared(cel, found.item or text(0, 0)))
            case Sort.MAP:
                return cel.Type.Map(cel.Type.STRING, self.declared(cel, found.item or text(0, 0)))
            case _ if found.nullable:
                return cel.Type(f"google.protobuf.{_WRAPPERS[found.sort]}")
            case Sort.STRING:
                return cel.Type.STRING
            case Sort.INT:
                return cel.Type.INT
            case _:
                return cel.Type.BOOL

    def message(self, found: ValueType, value: Any) -> Any:
        """A plain value as the library takes it: mappings of declared objects become messages."""
        if found.sort is Sort.STRUCT and isinstance(value, Mapping):
            return self._classes[self._named[found.label][0]](**dict(self._members(found, value)))
        if found.sort is Sort.LIST and found.item is not None and found.item.sort in {Sort.STRUCT, Sort.LIST}:
            return [self.message(found.item, one) for one in value]
        if found.sort is Sort.STRING and value is not None:
            return str.__str__(value)
        if found.sort is Sort.LIST:
            return [str.__str__(one) if isinstance(one, str) else one for one in value]
        return value

    def _members(self, found: ValueType, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, member in found.members.items():
            given = value.get(name)
            if given is None:
                continue
            if member.nullable:
                yield name, {"value": self.message(replace(member, nullable=False), given)}
            else:
                yield name, self.message(member, given)


def plain(found: ValueType, value: Any) -> Any:
    """A value of an expression as plain data: messages become mappings, with null where a nullable member is unset."""
    if value is None:
        return None
    if found.sort is Sort.LIST and found.item is not None:
        return [plain(found.item, one) for one in value]
    if found.sort is not Sort.STRUCT or isinstance(value, Mapping):
        return value
    members = {}
    for name, member in found.members.items():
        if member.nullable:
            members[name] = getattr(value, name).value if value.HasField(name) else None
        else:
            members[name] = plain(member, getattr(value, name))
    return members
