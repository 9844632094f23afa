"""Programs for those who work on the project, run as `python -m tools.<name>`."""
