"""How hard the laws are tried: a little on every change, `RECONCILER_LAWS=deep` for long and thorough."""

import os

from hypothesis import HealthCheck, settings

DEEP = "deep"
_FACTOR = 40


def tried(examples: int) -> settings:
    """The settings of one law: this many examples, forty times as many when asked to go deep."""
    factor = _FACTOR if os.environ.get("RECONCILER_LAWS") == DEEP else 1
    # Estates are big values, and some drawn ones contradict themselves: neither says that a strategy is at fault.
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(max_examples=examples * factor, deadline=None, suppress_health_check=checks)
