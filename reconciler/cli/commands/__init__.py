"""One module a family of commands, imported when one of them is named."""
