"""The memory of an estate between runs: inventory, journal and lock, in SQLite or PostgreSQL."""
