"""Entries of policies, keyed by country and operator."""

import re
from typing import Any

from reconciler.simulator.body import Body
from reconciler.simulator.refusals import Breach

ENTRIES = "entries"
DEFAULT = "|"


def place_of(body: Body) -> tuple[str, dict[str, Any]]:
    """The key of an entry, and the country and operator that it is made of; refused where they do not fit."""
    iso3, operator = body.text("iso3"), body.integer("operatorId")
    if iso3 is not None and not re.fullmatch("[A-Za-z]{3}", iso3):
        raise Breach(f"'{iso3}' is not a country in three letters (iso3).")
    if operator is not None and operator < 1:
        raise Breach(f"{operator} is not an operator (operatorId).")
    if operator is not None and iso3 is None:
        raise Breach("operatorId needs iso3.")
    return f"{(iso3 or '').upper()}|{operator or ''}", {"operatorId": operator, "iso3": iso3}
