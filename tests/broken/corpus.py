"""
The corpus of broken inputs: each is refused with its place, its cause and what to do, and none with a traceback.

The cases are made, not stored: from sound manifests of every kind, of which each breaks one place. They are the same in
every run.
"""

from tests.broken.case import Case
from tests.broken.configuration import CONFIGURATION_CASES
from tests.broken.fields import FIELD_CASES
from tests.broken.relations import RELATION_CASES
from tests.broken.syntax import SYNTAX_CASES
from tests.broken.values import VALUE_CASES

CASES: tuple[Case, ...] = (*FIELD_CASES, *VALUE_CASES, *RELATION_CASES, *SYNTAX_CASES, *CONFIGURATION_CASES)
