"""Use cases of the room `communication`."""
