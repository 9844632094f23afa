"""
The corpus of broken inputs: each is refused with its place, its cause and what to do, and none with a traceback.

The cases are made, not stored: from sound manifests of every kind, of which each breaks one place. They are the same in
every run.
"""

from tests.golden.broken.case import Case
from tests.golden.broken.configuration import CONFIGURATION_CASES
from tests.golden.broken.fields import FIELD_CASES
from tests.golden.broken.relations import RELATION_CASES
from tests.golden.broken.syntax import SYNTAX_CASES
from tests.golden.broken.values import VALUE_CASES

CASES: tuple[Case, ...] = (*FIELD_CASES, *VALUE_CASES, *RELATION_CASES, *SYNTAX_CASES, *CONFIGURATION_CASES)
