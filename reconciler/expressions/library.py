"""
The one home of the library of expressions, cel-expr-python: compile, bound, evaluate.

Everything fails closed. The library raises one text with several mistakes when it compiles, and *returns* what went
wrong when it evaluates, as a value that is true; both become exceptions here. The type of an expression is taken from
the checked expression, because the type of a value forgets what is in a list. Nothing is evaluated that has no bound.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from reconciler.expressions.bounds import Cost, Examination
from reconciler.expressions.checked import decoded
from reconciler.expressions.complaints import complaints
from reconciler.expressions.problem import EvaluationFailed, ExpressionProblem, ExpressionRefused, MissingExtra
from reconciler.expressions.structs import Structs
from reconciler.expressions.types import BOOL, INT, NULL, Sort, ValueType, list_of, map_of, text

LONGEST_SOURCE_BYTES: Final = 2048
_LONGEST_SHOWN = 200


def is_installed() -> bool:
    """Whether the extra is there; nothing is kept of the attempt."""
    try:
        _library()
    except MissingExtra:
        return False
    return True


@cache
def _library(what: str = "an expression") -> tuple[Any, Any, Any]:
    try:
        from cel_expr_python import cel
        from cel_expr_python.ext import ext_strings
        from google.protobuf import descriptor_pb2
    except ImportError:
        raise MissingExtra(what) from None
    # The other half of the extra is missed here, and not in the middle of a template.
    return cel, ext_strings.ExtStrings, descriptor_pb2


def require(what: str) -> None:
    """Raise `MissingExtra`, which names the extra, unless expressions can be evaluated. `what` needs them."""
    try:
        _library()
    except MissingExtra:
        raise MissingExtra(what) from None


class Expression:
    """
    A checked and bounded expression. `reads` are the variables and fields that it looks at, as chains of names.

    `count` says how often it was evaluated.
    """

    __slots__ = ("_error", "_evaluate", "_holds_nulls", "_null", "cost", "count", "reads", "source", "type")

    def __init__(
        self, source: str, compiled: Any, type_: ValueType, cost: Cost, reads: frozenset[tuple[str, ...]]
    ) -> None:
        self.source = source
        self.type = type_
        self.cost = cost
        self.reads = reads
        self._evaluate = compiled.eval
        types = _library()[0].Type
        self._error, self._null = types.ERROR, types.NULL
        self._holds_nulls = type_.item is not None and _may_hold_null(type_.item)
        self.count = 0

    def evaluate(self, activation: Any) -> Any:
        """
        The value for an activation of `Vocabulary.activation`: str, int, bool, None, a list, or an object.

        Raises `EvaluationFailed`. An error is never a value.
        """
        self.count += 1
        result = self._evaluate(activation)
        sort = result.type()
        if sort == self._error:
            raise EvaluationFailed(failure_text(str(result.plain_value())))
        if sort == self._null:
            return None
        return _with_nulls(result, self._null) if self._holds_nulls else result.plain_value()


def _may_hold_null(found: ValueType) -> bool:
    return found.nullable or found.sort is Sort.NULL or (found.item is not None and _may_hold_null(found.item))


def _with_nulls(result: Any, null: Any) -> Any:
    """
    A list that may hold null, item by item.

    The library hands out None without counting the reference, so that a process without immortal objects (Python
    3.11) ends after many of them. So the value of a null is never asked for.
    """
    sort = result.type()
    if sort == null:
        return None
    found = result.value()
    return [_with_nulls(one, null) for one in found] if isinstance(found, list) else found


class Vocabulary:
    """
    Variables with their types, for which expressions are compiled and evaluated.

    The types of objects become messages of a pool of their own, so that a field that does not exist is refused when an
    expression is compiled. Vocabularies that share `structs` share their objects. Raises `MissingExtra` without the
    library.
    """

    __slots__ = ("_environment", "_structs", "variables")

    def __init__(self, variables: Mapping[str, ValueType], structs: Structs | None = None) -> None:
        cel, strings, _ = _library()
        self.variables = dict(variables)
        structs = structs or Structs(self.variables)
        self._structs = structs
        declared = {name: structs.declared(cel, found) for name, found in self.variables.items()}
        self._environment = cel.NewEnv(structs.pool, variables=declared, extensions=[strings()])

    def compile(self, source: str) -> Expression:
        """The expression, checked and bounded. Raises `ExpressionRefused` with every mistake that was found."""
        size = len(source.encode("utf-8", "surrogatepass"))
        if size > LONGEST_SOURCE_BYTES:
            words = f"The expression has {size:,} bytes; at most {LONGEST_SOURCE_BYTES:,} are read."
            raise ExpressionRefused([ExpressionProblem(1, 1, words, "Split it, or move a part into the parameters.")])
        if not source.strip():
            raise ExpressionRefused(
                [ExpressionProblem(1, 1, "The expression is empty.", "Write one, or `$${` for the signs.")]
            )
        if "\0" in source:
            raise ExpressionRefused([ExpressionProblem(1, 1, "The expression holds a NUL character.", "Remove it.")])
        try:
            compiled = self._environment.compile(source)
            checked = decoded(compiled.serialize())
        except (RuntimeError, ValueError, UnicodeError) as error:
            raise ExpressionRefused(complaints(str(error), source, self.variables, self._structs)) from None
        examination = Examination(checked, self.variables, source)
        cost = examination.cost()
        self._check_patterns(examination)
        found = self._type(checked, cost)
        return Expression(source, compiled, found, cost, frozenset(examination.reads))

    def _check_patterns(self, examination: Examination) -> None:
        wrong = [(line, column, why) for pattern, line, column in examination.patterns if (why := bad_pattern(pattern))]
        if wrong:
            raise ExpressionRefused([ExpressionProblem(line, column, why) for line, column, why in wrong])

    def _type(self, checked: Any, cost: Cost) -> ValueType:
        """The type that the library derived, with the sizes of the bound; an untyped one is refused."""
        types = {entry.key: entry.value for entry in checked.type_map}
        found = self._read_type(types.get(checked.expr.id), cost.type)
        if found is None:
            words = "The expression has no one type: its parts have different ones, or it is empty."
            raise ExpressionRefused([ExpressionProblem(1, 1, words, "Give both branches, or all items, one type.")])
        return found

    def _read_type(self, found: Any, bound: ValueType) -> ValueType | None:
        match found.WhichOneof("kind") if found is not None else None:
            case "primitive":
                simple = {1: BOOL, 2: INT, 5: bound if bound.sort is Sort.STRING else text(0, bound.size)}
                return _nullable_as(simple.get(found.primitive), bound)
            case "wrapper":
                simple = {1: BOOL, 2: INT, 5: bound if bound.sort is Sort.STRING else text(0, bound.size)}
                one = simple.get(found.wrapper)
                return one if one is None or not bound.nullable else one.or_null()
            case "null":
                return NULL
            case "list_type":
                inner = bound.item or text(0, 0)
                item = self._read_type(found.list_type.elem_type, inner)
                if item is None and bound.high == 0:
                    return list_of(text(0, 0), 0, 0)
                return None if item is None else list_of(item, bound.low, bound.high)
            case "map_type":
                item = self._read_type(found.map_type.value_type, bound.item or text(0, 0))
                return None if item is None else map_of(item, bound.high)
            case "message_type" if bound.sort is Sort.STRUCT:
                return bound
            case "message_type":
                return self._structs.by_name(found.message_type)
            case _:
                return None

    def message(self, variable: str, value: Any) -> Any:
        """The value of a variable as the library takes it: made once, it may be in any number of activations."""
        return self._structs.message(self.variables[variable], value)

    def activation(self, values: Mapping[str, Any]) -> Any:
        """Values for the variables, ready to be evaluated with: plain ones with mappings for objects, or messages."""
        return self._environment.Activation({name: self.message(name, value) for name, value in values.items()})

    def activation_of_messages(self, values: dict[str, Any]) -> Any:
        """Values that `message`, or an expression, gave: nothing is converted."""
        return self._environment.Activation(values)


def _nullable_as(found: ValueType | None, bound: ValueType) -> ValueType | None:
    return found.or_null() if found is not None and bound.nullable else found


def failure_text(error: str) -> str:
    """The library's reason for an evaluation that failed, on one line and without its status."""
    words = error.split("\n", maxsplit=1)[0]
    return words.partition(": ")[2][:_LONGEST_SHOWN] or words[:_LONGEST_SHOWN]


@cache
def bad_pattern(pattern: str) -> str | None:
    """The mistake in a regular expression (RE2), None if there is none."""
    return None if (found := _matching(pattern)("")) in {True, False} else str(found)


def matcher(pattern: str) -> Callable[[str], bool]:
    """A function that says whether a text matches a pattern somewhere, in time linear in the text (RE2)."""
    matches = _matching(pattern)
    return lambda value: matches(value) is True


@cache
def _matching(pattern: str) -> Callable[[str], bool | str]:
    cel, _, _ = _library()
    environment = cel.NewEnv(variables={"value": cel.Type.STRING, "pattern": cel.Type.STRING})
    compiled = environment.compile("value.matches(pattern)")

    def matches(value: str) -> bool | str:
        result = compiled.eval(data={"value": value, "pattern": pattern})
        if result.type() == cel.Type.ERROR:
            return f"The pattern is no regular expression: {failure_text(str(result.plain_value()))}."
        return bool(result.plain_value())

    return matches
