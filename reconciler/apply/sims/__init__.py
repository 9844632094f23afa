"""Changing SIMs: in batches and waves, each looked at before the next."""
