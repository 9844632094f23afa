"""Differences between what is declared and what is live. Pure values in, pure values out."""
