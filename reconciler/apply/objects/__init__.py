"""One object: the machine that makes a change of it, its states, and its requests."""
