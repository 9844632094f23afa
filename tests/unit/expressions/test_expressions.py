import sys

import pytest

from reconciler.expressions.library import Vocabulary
from reconciler.expressions.problem import EvaluationFailed, ExpressionRefused, MissingExtra
from reconciler.expressions.structs import plain
from reconciler.expressions.types import BOOL, INT, ValueType, list_of, map_of, struct, text

NO_EXPRESSION = "The expression is nested too deeply, or is no expression that the library reads."
COUNTRY = struct(
    "params.countries[]", {"code": text(3, 3), "idle": INT.or_null(), "operators": list_of(text(0, 30), 0, 5)}
)
PARAMS = struct(
    "params",
    {
        "division": text(2, 16),
        "countries": list_of(COUNTRY, 0, 64),
        "minutes": INT,
        "note": text(0, 50).or_null(),
        "on": BOOL,
        "many": list_of(text(0, 100), 0, 10_000),
    },
)
WORDS = Vocabulary({"params": PARAMS, "s": text(0, 256), "labels": map_of(text(0, 63), 20)})
VALUES = {
    "params": {
        "division": "fleet",
        "countries": [
            {"code": "GBR", "idle": None, "operators": ["vodafone"]},
            {"code": "DEU", "idle": 7, "operators": []},
        ],
        "minutes": 3,
        "note": None,
        "on": True,
        "many": ["a", "b"],
    },
    "s": "text",
    "labels": {"env": "prod"},
}


def _value(source: str) -> object:
    expression = WORDS.compile(source)
    return plain(expression.type, expression.evaluate(WORDS.activation(VALUES)))


def _refused(source: str, words: Vocabulary = WORDS) -> list[tuple[int, int, str]]:
    with pytest.raises(ExpressionRefused) as refused:
        words.compile(source)
    return [(problem.line, problem.column, problem.message) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("params.division + '-' + string(params.minutes)", "fleet-3"),
        ("params.minutes * 60", 180),
        ("params.countries.map(c, c.code.lowerAscii())", ["gbr", "deu"]),
        ("params.countries.filter(c, c.idle != null && c.idle > 5).map(c, c.code)", ["DEU"]),
        ("params.countries.map(c, c.idle)", [None, 7]),
        ("params.countries.map(c, c.operators)", [["vodafone"], []]),
        ("params.countries[1]", {"code": "DEU", "idle": 7, "operators": []}),
        ("params.note", None),
        ("params.note == null ? 'none' : params.note + '!'", "none"),
        ("has(params.note)", False),
        ("params.on && params.minutes > 2", True),
        ("labels['env'] + labels.env", "prodprod"),
        ("'a}\"ü'", 'a}"ü'),
        ("[]", []),
        ("null", None),
    ],
)
def test_an_expression_has_a_value_of_its_type(source: str, value: object) -> None:
    """Objects, lists and null come back as plain values, whatever the library's own type of them is."""
    assert _value(source) == value


@pytest.mark.parametrize(
    ("source", "low", "high"),
    [
        ("params.division + '-x'", 4, 18),
        ("params.on ? params.division : 'lab'", 2, 16),
        ("'é' + s", 1, 257),
        ("params.countries.map(c, c.code).join(', ')", 0, 64 * 5),
        ("params.note", 0, 50),
    ],
)
def test_the_type_of_text_says_how_long_it_may_be(source: str, low: int, high: int) -> None:
    """Lengths are derived from the declared types, so that a name can be proven to fit."""
    found = WORDS.compile(source).type
    assert (found.low, found.high) == (low, high)


@pytest.mark.parametrize(
    ("source", "problems"),
    [
        (
            "params.countrys.map(c, c.cod) + foo",
            [
                (1, 8, 'params has no field "countrys".'),
                (1, 33, 'There is no variable or function "foo".'),
            ],
        ),
        ("params.countries.map(c, c.cod)", [(1, 27, 'params.countries[] has no field "cod".')]),
        ("s\n + y1", [(2, 4, 'There is no variable or function "y1".')]),
        ("'üé' + y1", [(1, 8, 'There is no variable or function "y1".')]),
        ("s + 1", [(1, 3, '"+" does not take (string, int).')]),
        ("s.join(',')", [(1, 3, '"join" does not take (string, string).')]),
        ("params.note + 'x'", [(1, 1, 'The value may be null, and "+" takes no null.')]),
        ("params.note == null && s == params.note + s", [(1, 29, 'The value may be null, and "+" takes no null.')]),
        ("params.countries.map(c, c.idle + 1)", [(1, 25, 'The value may be null, and "+" takes no null.')]),
        (
            "params.countries.map( params, params.code)",
            [(1, 23, 'The loop variable "params" hides another variable of this name.')],
        ),
        (
            "params.countries.map(c, params.many.map(c, c))",
            [(1, 41, 'The loop variable "c" hides another variable of this name.')],
        ),
        (
            "s.matches('[')",
            [(1, 11, "The pattern is no regular expression: invalid regular expression: missing ]: [.")],
        ),
        ("s.matches(s)", [(1, 3, "The pattern of matches() is not a literal text.")]),
        ("{'a': 1}", [(1, 1, "An expression makes no mapping or message.")]),
        ("[1, 'a']", [(1, 1, "The expression has no one type: its parts have different ones, or it is empty.")]),
        ("has(params.minutes)", [(1, 5, '"minutes" always has a value, so has() says nothing.')]),
        ("1.5", [(1, 1, "Only texts, whole numbers, true, false and null are written in expressions.")]),
        ("int", [(1, 1, '"int" is a type, not a value.')]),
        ("", [(1, 1, "The expression is empty.")]),
        ("s\0", [(1, 1, "The expression holds a NUL character.")]),
        ("(" * 33 + "s" + ")" * 33, [(0, 0, NO_EXPRESSION)]),
        ("[" * 33 + "]" * 33, [(0, 0, "The expression is nested more than 32 deep.")]),
        ("+".join(["s"] * 33), [(0, 0, "The expression is nested more than 32 deep.")]),
    ],
)
def test_a_mistake_is_refused_at_its_place(source: str, problems: list[tuple[int, int, str]]) -> None:
    """Lines and columns count code points from 1, and all mistakes come at once; 0 says that there is no place."""
    assert _refused(source) == problems


@pytest.mark.parametrize("source", ["timestamp('2026-01-01T00:00:00Z')", "dyn(s)", "type(s)", "'%d'.format([1])"])
def test_only_listed_functions_can_be_called(source: str) -> None:
    """Clocks, untyped values and functions without a bound are refused when an expression is compiled."""
    ((_, _, message),) = _refused(source)
    assert message.endswith("is not available here.")


@pytest.mark.parametrize(
    ("source", "factor"),
    [
        ("params.many.map(a, params.many.map(b, a + b))", "params.many has up to 10,000 items"),
        ("params.many.map(m, m.replace('', params.division)).join(s)", "params.many has up to 10,000 items"),
        ("params.many.map(a, a + a).map(b, b + b)", "params.many has up to 10,000 items"),
    ],
)
def test_an_expression_beyond_its_bound_names_the_largest_factor(source: str, factor: str) -> None:
    """Size and steps are computed from the checked expression, and nothing is evaluated."""
    assert all(message.endswith(f"; the largest factor: {factor}.") for _, _, message in _refused(source))


@pytest.mark.parametrize("loops", [4, 26])
def test_chained_loops_count_as_nested_ones(loops: int) -> None:
    """A loop over the result of a loop is one level deeper."""
    messages = [message for _, _, message in _refused("[s]" + ".map(a, a + a)" * loops)]
    assert messages[0] == f"Loops are nested or chained {loops} deep; at most 3 are evaluated."


def test_a_source_of_a_mebibyte_never_reaches_the_library() -> None:
    """The length is looked at first."""
    assert _refused("s" * 2**20) == [(1, 1, "The expression has 1,048,576 bytes; at most 2,048 are read.")]


def test_a_deep_conditional_of_constants_is_accepted() -> None:
    """Thirty conditions in each other are within every bound."""
    source = "".join(f"params.minutes == {n} ? 'a{n}' : " for n in range(29)) + "'z'"
    assert _value(source) == "a3"


def test_an_evaluation_that_fails_is_never_a_value() -> None:
    """The library returns errors as values, which are true; here they are raised."""
    for source in ("params.many[7]", "params.minutes / 0", "labels['absent']", "int(s)", "labels.absent == 'x'"):
        expression = WORDS.compile(source)
        with pytest.raises(EvaluationFailed):
            expression.evaluate(WORDS.activation(VALUES))
        assert expression.count == 1


def test_a_null_takes_no_reference_from_the_interpreter() -> None:
    """The library hands out None without counting it; a process of Python 3.11 would end after some thousands."""
    expressions = [WORDS.compile(source) for source in ("null", "params.note", "params.countries.map(c, c.idle)")]
    activation = WORDS.activation(VALUES)
    before = sys.getrefcount(None)
    for _ in range(1_000):
        for expression in expressions:
            plain(expression.type, expression.evaluate(activation))
    assert sys.getrefcount(None) > before - 500


def test_the_variables_that_an_expression_reads_are_named() -> None:
    """Reads come from the checked expression: a word in a text and a loop variable are none."""
    found = WORDS.compile("params.countries.map(c, c.code + s + 'labels')")
    assert found.reads == {("params",), ("params", "countries"), ("s",)}


def test_two_loops_over_different_types_do_not_disturb_each_other() -> None:
    """The type of a loop variable belongs to its loop, in either order."""
    one, two = "params.countries.exists(x, x.code == 'GBR')", "params.many.exists(x, x == 'a')"
    assert (_value(f"{one} && {two}"), _value(f"{two} && {one}")) == (True, True)
    assert _refused(f"{two} && params.many.exists(x, x.code == '')")[0][:2] == (1, 59)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has exit code 8 and says how to install the extra."""
    from reconciler.expressions import library

    library._library.cache_clear()
    monkeypatch.setitem(sys.modules, "cel_expr_python", None)
    with pytest.raises(MissingExtra) as missing:
        library.require("the template division-fleet")
    library._library.cache_clear()
    assert (missing.value.exit_code, str(missing.value)) == (
        8,
        "the template division-fleet needs the extra `templates`, which is not installed",
    )


def test_a_type_is_named_in_words() -> None:
    """Messages speak of texts and whole numbers, not of the library's types."""
    types: dict[ValueType, str] = {}
    shown = [str(found) for found in (BOOL, INT.or_null(), list_of(text(0, 1), 0, 1), list_of(COUNTRY, 0, 1))]
    assert (shown, types) == (["true or false", "a whole number or null", "a list of texts", "a list of objects"], {})
