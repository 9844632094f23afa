"""The checks between declared objects: references, scopes, domain rules. Pure."""
