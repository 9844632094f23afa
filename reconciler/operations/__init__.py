"""
The application layer: each task of the program as one function of an `Estate`, for the command line and for Python.

A function here takes values, does the whole task, and returns what happened. It prints nothing, asks nothing and
knows no exit code: notes go to `Caller.note`, questions to a `Review`. Each module holds one task, and the
modules below several tasks (`session`, `planning`, `secrets`, `platform`, `store_location`) are imported by those.
"""
