"""
The bound on the size and the steps of one checked expression, computed without evaluating it.

The bound is an upper one: each branch of a condition counts with its larger side, each loop with the most items that
its list can have, and each text with its longest length. Loops are the comprehensions that macros expand to; the chain
of loops over loops counts as their depth.

Length: one walk, whose steps share what they have found.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.expressions.functions import FUNCTIONS, LINEAR, NULL_TAKERS, SHOWN, wider
from reconciler.expressions.problem import ExpressionProblem, ExpressionRefused
from reconciler.expressions.types import BOOL, INT, NULL, UNTYPED, Sort, ValueType, list_of, text

MOST_STEPS = 1_000_000
LARGEST_SIZE = 1024 * 1024
MOST_LOOPS = 3
_MOST = 1 << 60
_WORD = 16
# A value that is only read takes no room of its own.
_MAKERS = frozenset({"call_expr", "list_expr", "comprehension_expr"})
_NAME_BEFORE = re.compile(r"[A-Za-z_]\w*$")


@dataclass(frozen=True, slots=True)
class Cost:
    """The bound of an expression: its type with sizes, its steps, its depth of loops, its largest factor in words."""

    type: ValueType
    steps: int
    loops: int
    factor: tuple[int, str] = (0, "")


@dataclass(slots=True)
class Examination:
    """One walk over a checked expression: what it costs, the variables that it reads, and what is refused in it."""

    expression: Any
    variables: Mapping[str, ValueType]
    source: str
    problems: list[ExpressionProblem] = field(default_factory=list)
    reads: set[tuple[str, ...]] = field(default_factory=set)
    patterns: list[tuple[str, int, int]] = field(default_factory=list)
    _factor: tuple[int, str] = (0, "")
    _largest: int = 0

    def cost(self) -> Cost:
        """The bound. Raises `ExpressionRefused` where there is none, or where something in it must not be."""
        found, steps, loops = self._walk(self.expression.expr, dict(self.variables), frozenset())
        if not self.problems:
            self._check(steps, loops)
        if self.problems:
            raise ExpressionRefused(self.problems)
        return Cost(found, steps, loops, self._factor)

    def _check(self, steps: int, loops: int) -> None:
        if loops > MOST_LOOPS:
            words = f"Loops are nested or chained {loops} deep; at most {MOST_LOOPS} are evaluated."
            hint = "Split the expression, or prepare the list in the parameters."
            self.problems.append(ExpressionProblem(1, 1, words, hint))
        elif steps > MOST_STEPS:
            words = over("steps", steps, MOST_STEPS, self._factor)
            self.problems.append(ExpressionProblem(1, 1, words, LIMIT_HINT))
        elif self._largest > LARGEST_SIZE:
            words = over("characters", self._largest, LARGEST_SIZE, self._factor)
            self.problems.append(ExpressionProblem(1, 1, words, LIMIT_HINT))

    def _refuse(self, node: Any, message: str, hint: str | None = None, *, in_call: bool = False) -> None:
        while node.WhichOneof("kind") == "select_expr":
            # A chain of fields is named where it begins.
            node = node.select_expr.operand
        offset = next((entry.value for entry in self.expression.source_info.positions if entry.key == node.id), 0)
        if in_call:
            offset += 1
            offset += len(self.source[offset:]) - len(self.source[offset:].lstrip())
        line, column = place_of(offset, self.source)
        self.problems.append(ExpressionProblem(line, column, message, hint))

    def _grows(self, number: int, words: str) -> None:
        if number > self._factor[0]:
            self._factor = number, words

    def _walk(
        self, node: Any, scope: dict[str, ValueType], given: frozenset[tuple[str, ...]]
    ) -> tuple[ValueType, int, int]:
        found, steps, loops = self._one(node, scope, given)
        if node.WhichOneof("kind") in _MAKERS:
            self._largest = max(self._largest, found.size)
        return found, min(steps, _MOST), loops

    def _one(
        self, node: Any, scope: dict[str, ValueType], given: frozenset[tuple[str, ...]]
    ) -> tuple[ValueType, int, int]:
        match node.WhichOneof("kind"):
            case "const_expr":
                return self._constant(node), 0, 0
            case "ident_expr" | "select_expr":
                return self._read(node, scope, given)
            case "call_expr":
                return self._call(node, scope, given)
            case "list_expr":
                return self._list(node, scope, given)
            case "comprehension_expr":
                return self._loop(node, scope, given)
            case _:
                self._refuse(node, "An expression makes no mapping or message.", "Write the mapping in YAML.")
                return UNTYPED, 0, 0

    def _constant(self, node: Any) -> ValueType:
        value = node.const_expr
        match value.WhichOneof("kind"):
            case "string_value":
                return text(len(value.string_value), len(value.string_value))
            case "bool_value":
                return BOOL
            case "int64_value":
                return INT
            case "null_value":
                return NULL
            case _:
                self._refuse(node, "Only texts, whole numbers, true, false and null are written in expressions.")
                return UNTYPED

    def _read(
        self, node: Any, scope: dict[str, ValueType], given: frozenset[tuple[str, ...]]
    ) -> tuple[ValueType, int, int]:
        path = path_of(node)
        if node.WhichOneof("kind") == "ident_expr":
            name = node.ident_expr.name
            found = scope.get(name)
            if found is None:
                self._refuse(node, f'"{name}" is a type, not a value.')
                return UNTYPED, 0, 0
            if name in self.variables:
                self.reads.add((name,))
            steps = loops = 0
        else:
            holder, steps, loops = self._walk(node.select_expr.operand, scope, given)
            name = node.select_expr.field
            found = holder.item if holder.sort is Sort.MAP else holder.members.get(name)
            if node.select_expr.test_only:
                if holder.sort is Sort.STRUCT and found is not None and not found.nullable:
                    self._refuse(node, f'"{name}" always has a value, so has() says nothing.', "Compare the value.")
                return BOOL, steps + 1, loops
            if found is None:
                self._refuse(node, f'A value of no known type has no field "{name}" here.')
                return UNTYPED, 0, 0
            if path is not None and path[0] in self.variables:
                self.reads.add(path)
        if found.sort in {Sort.STRING, Sort.LIST, Sort.MAP}:
            words = "characters" if found.sort is Sort.STRING else "items"
            self._grows(found.high, f"{'.'.join(path) if path else name} has up to {found.high:,} {words}")
        if path in given and found.nullable:
            found = ValueType(found.sort, found.low, found.high, found.item, found.members, found.label)
        return found, steps + 1, loops

    def _call(
        self, node: Any, scope: dict[str, ValueType], given: frozenset[tuple[str, ...]]
    ) -> tuple[ValueType, int, int]:
        call = node.call_expr
        name = call.function
        parts = [*([call.target] if call.HasField("target") else []), *call.args]
        bound = FUNCTIONS.get(name)
        if bound is None:
            self._refuse(node, f'The function "{SHOWN.get(name, name)}" is not available here.', FUNCTIONS_HINT)
            return UNTYPED, 0, 0
        yes, no = self._known(name, parts)
        walked = []
        for place, part in enumerate(parts):
            more = given
            if name == "_?_:_" and place:
                more = given | (yes if place == 1 else no)
            elif name in {"_&&_", "_||_"} and place == 1:
                more = given | (yes if name == "_&&_" else no)
            walked.append(self._walk(part, scope, more))
        types = [found for found, _, _ in walked]
        for part, found in zip(parts, types, strict=True):
            # The condition itself is never null: the library checks that it is a boolean, and a nullable one is not.
            if found.nullable and (name not in NULL_TAKERS or (name == "_?_:_" and part is parts[0])):
                self._refuse(
                    part,
                    f'The value may be null, and "{SHOWN.get(name, name)}" takes no null.',
                    "Give the parameter a default, or write: VALUE != null ? … : … around it.",
                )
        if name == "matches":
            self._pattern(node, parts[-1])
        steps = [count for _, count, _ in walked]
        total = steps[0] + max(steps[1:]) if name == "_?_:_" else sum(steps)
        if name in LINEAR:
            total += sum(found.size for found in types) // _WORD
        try:
            result = bound(types)
        except (IndexError, ValueError):
            result = UNTYPED
        return result, total + 1, max((loops for _, _, loops in walked), default=0)

    def _known(self, name: str, parts: list[Any]) -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]:
        """The places that are not null after the first part was true, and after it was false."""
        if name not in {"_?_:_", "_&&_", "_||_"}:
            return frozenset(), frozenset()
        return _not_null(parts[0], negated=False), _not_null(parts[0], negated=True)

    def _pattern(self, node: Any, part: Any) -> None:
        if part.WhichOneof("kind") == "const_expr" and part.const_expr.WhichOneof("kind") == "string_value":
            offset = next((entry.value for entry in self.expression.source_info.positions if entry.key == part.id), 0)
            line, column = place_of(offset, self.source)
            self.patterns.append((part.const_expr.string_value, line, column))
        else:
            self._refuse(node, "The pattern of matches() is not a literal text.", "Write the pattern in quotes.")

    def _list(
        self, node: Any, scope: dict[str, ValueType], given: frozenset[tuple[str, ...]]
    ) -> tuple[ValueType, int, int]:
        walked = [self._walk(element, scope, given) for element in node.list_expr.elements]
        item: ValueType = UNTYPED
        for position, (found, _, _) in enumerate(walked):
            item = wider(item, found) if position else found
        count = len(walked)
        return (
            list_of(item, count, count),
            1 + sum(steps for _, steps, _ in walked),
            max((loops for _, _, loops in walked), default=0),
        )

    def _loop(
        self, node: Any, scope: dict[str, ValueType], given: frozenset[tuple[str, ...]]
    ) -> tuple[ValueType, int, int]:
        loop = node.comprehension_expr
        over_type, steps, chained = self._walk(loop.iter_range, scope, given)
        if over_type.sort is not Sort.LIST or loop.iter_var2:
            self._refuse(node, f"A loop runs over a list, and this is {over_type}.")
            return UNTYPED, 0, 0
        count = over_type.high
        path = path_of(loop.iter_range)
        self._grows(count, f"{'.'.join(path) if path else 'a list in it'} has up to {count:,} items")
        name = loop.iter_var
        if name in scope:
            words = f'The loop variable "{name}" hides another variable of this name.'
            self._refuse(node, words, "Give it another name.", in_call=True)
        item = over_type.item or UNTYPED
        start, start_steps, _ = self._walk(loop.accu_init, scope, given)
        inner = {**scope, name: item, loop.accu_var: start}
        once, step_steps, nested = self._walk(loop.loop_step, inner, given)
        _, condition_steps, _ = self._walk(loop.loop_condition, inner, given)
        if start.sort is Sort.LIST:
            # One round adds what the step adds to the empty list that it began with.
            added = once.high - start.high
            once = list_of(once.item or item, 0 if start.low == once.low else over_type.low, min(added * count, _MOST))
        elif start.sort not in {Sort.BOOL, Sort.INT}:
            self._refuse(node, "This loop has no bound on the size of its result.")
        result, result_steps, _ = self._walk(loop.result, {**inner, loop.accu_var: once}, given)
        total = steps + start_steps + min(count, _MOST) * (step_steps + condition_steps + 1) + result_steps
        return result, total, 1 + chained + nested


FUNCTIONS_HINT = f"Functions: {', '.join(sorted(name for name in FUNCTIONS if name.isalpha() and name != 'in'))}."
LIMIT_HINT = "Lower maxItems or maxLength of the parameter, or loop less."


def over(words: str, number: int, limit: int, factor: tuple[int, str]) -> str:
    """The sentence about a bound that is passed, with its largest factor."""
    shown = f"{number:,}" if number < _MOST else f"more than {_MOST:,}"
    because = f"; the largest factor: {factor[1]}" if factor[1] else ""
    return f"The expression may take {shown} {words}, and at most {limit:,} are allowed{because}."


def path_of(node: Any) -> tuple[str, ...] | None:
    """The names of a chain of fields, ``params.x.y``; None for anything else."""
    names: list[str] = []
    while node.WhichOneof("kind") == "select_expr":
        names.append(node.select_expr.field)
        node = node.select_expr.operand
    if node.WhichOneof("kind") != "ident_expr":
        return None
    # The library reads a dotted name as one identifier where a variable is called so.
    return (*node.ident_expr.name.split("."), *reversed(names))


def place_of(offset: int, source: str) -> tuple[int, int]:
    """The line and column, from 1, of an offset in code points."""
    before = source[: max(offset, 0)]
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return line, name_start(source.split("\n")[line - 1], column)


def name_start(line: str, column: int) -> int:
    """The column of a function's name, where the library names that of the parenthesis behind it."""
    if line[column - 1 : column] != "(":
        return column
    name = _NAME_BEFORE.search(line, 0, column - 1)
    return column if name is None else name.start() + 1


def _not_null(node: Any, *, negated: bool) -> frozenset[tuple[str, ...]]:
    """The places that cannot be null where a condition is true, or where it is false."""
    if node.WhichOneof("kind") != "call_expr":
        return frozenset()
    call = node.call_expr
    if call.function == "!_":
        return _not_null(call.args[0], negated=not negated)
    if call.function == ("_||_" if negated else "_&&_"):
        return frozenset().union(*(_not_null(part, negated=negated) for part in call.args))
    if call.function == ("_==_" if negated else "_!=_"):
        left, right = call.args
        for one, other in ((left, right), (right, left)):
            is_null = one.WhichOneof("kind") == "const_expr" and one.const_expr.WhichOneof("kind") == "null_value"
            if is_null and (path := path_of(other)) is not None:
                return frozenset({path})
    return frozenset()
