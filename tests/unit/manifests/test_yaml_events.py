"""Places of values and keys in a document."""

from reconciler.manifests.yaml_reader import read_documents
from reconciler.positions import Marks, Span

TEXT = """\
# first
a: 1
---
spec:
  name: "two words"   # comment
  rules:
    - id: x
      ports: [80, {to: 90}]
    - id: é: no
  empty:

last: |
  text
  more
"""


def _marks(text: str, number: int) -> Marks:
    return read_documents("f.yaml", text.encode(), lambda _: None)[number].marks


TEXT = TEXT.replace("é: no", "éé")


def test_values_and_keys_have_places() -> None:
    """Every value and every key is found with its first and its last character."""
    marks = _marks(TEXT, 1)
    assert marks.value(("spec", "name")) == Span("f.yaml", 5, 9, 5, 20)
    assert marks.key(("spec", "name")) == Span("f.yaml", 5, 3, 5, 7)
    assert marks.value(("spec", "rules", 0, "ports", 1, "to")) == Span("f.yaml", 8, 24, 8, 26)
    assert marks.value(("spec", "rules", 1, "id")) == Span("f.yaml", 9, 11, 9, 13)
    assert marks.key(("last",)) == Span("f.yaml", 12, 1, 12, 5)


def test_a_mapping_ends_where_its_last_value_ends() -> None:
    """The span of a value in block form holds no blank line or comment after it."""
    marks = _marks(TEXT, 1)
    assert marks.value(("spec", "rules")) == Span("f.yaml", 7, 5, 9, 13)
    assert marks.value(("spec", "rules", 0)) == Span("f.yaml", 7, 7, 8, 28)
    assert marks.value(("spec", "rules", 0, "ports")) == Span("f.yaml", 8, 14, 8, 28)


def test_what_is_not_there_is_looked_for_further_up() -> None:
    """A missing value is answered with its nearest ancestor, a missing key with the key of that."""
    marks = _marks(TEXT, 1)
    assert marks.value(("spec", "name", "deeper", 3)) == marks.value(("spec", "name"))
    assert marks.value(("gone",)) == marks.value(())
    assert marks.key(("spec", "gone")) == marks.key(("spec",))
    assert marks.key(("spec", "rules", 0, "gone")) == marks.value(("spec", "rules", 0))
    assert marks.key(()) == marks.value(())
    assert marks.value(("spec", "rules", -1)) == marks.value(("spec", "rules"))
    assert marks.value(("spec", "rules", 99)) == marks.value(("spec", "rules"))


def test_each_document_has_its_own_places() -> None:
    """Lines are those of the file, also in the documents after the first."""
    assert _marks(TEXT, 0).value(("a",)) == Span("f.yaml", 2, 4, 2, 5)
    assert _marks(TEXT, 1).key(("spec",)).line == 4


def test_marks_of_many_documents_are_answered_in_any_order() -> None:
    """Few trees are kept at a time, and that is not to be seen."""
    documents = read_documents("f.yaml", b"a: b\n---\n" * 1_000, lambda _: None)
    for number in (0, 999, 500, 0, 999, *range(0, 1_000, 7), 0):
        assert documents[number].marks.value(("a",)).line == 2 * number + 1
