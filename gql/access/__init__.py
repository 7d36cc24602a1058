"""API of the room `access`."""
