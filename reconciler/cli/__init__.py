"""The command line: parse, call one operation, render, choose an exit code."""
