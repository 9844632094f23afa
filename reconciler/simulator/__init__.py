"""
The embedded platform: the platform's wire format over SQLite, to try things on and to be wrong against.

It declares wire names and domain rules on its own and knows nothing of manifests, plans or the codec, so that a mapping
fault cannot cancel itself out. It enforces the rules D of the rule book that the platform keeps.
"""
