"""What must hold between declared objects: references, scopes, domain rules. Pure."""
