"""Use cases of the room `structure`."""
