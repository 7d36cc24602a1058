"""API of the room `communication`."""
