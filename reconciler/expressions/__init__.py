"""Expressions in CEL: checked against declared types and bounded before anything is evaluated."""
