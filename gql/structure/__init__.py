"""API of the room `structure`."""
