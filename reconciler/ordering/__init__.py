"""The order of things: the graph of references, and which change waits for which."""
