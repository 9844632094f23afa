"""Carrying out a plan: once, in order, and so that it can be killed anywhere and run again."""
