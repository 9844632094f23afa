"""What an estate remembers between runs: inventory, journal and lock, in SQLite or PostgreSQL."""
