"""Reports: plans, outcomes and diagnostics become text. Values in, text out; nothing is printed here."""
