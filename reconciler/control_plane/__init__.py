"""The platform, as a port, and the REST adapter behind it."""
