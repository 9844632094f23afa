"""
How hard the laws are tried: a little on every change, `RECONCILER_LAWS=deep` for long and thorough.

`RECONCILER_LAWS=light` is a tenth of a little, to see that a new kind takes part.
"""

import os

from hypothesis import HealthCheck, settings

DEEP, LIGHT = "deep", "light"
_FACTORS = {DEEP: 40.0, LIGHT: 0.1}


def tried(examples: int) -> settings:
    """The settings of one law: this many examples, forty times as many when asked to go deep."""
    factor = _FACTORS.get(os.environ.get("RECONCILER_LAWS", ""), 1.0)
    # Estates are big values, and some drawn ones contradict themselves: neither says that a strategy is at fault.
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(max_examples=max(2, int(examples * factor)), deadline=None, suppress_health_check=checks)
