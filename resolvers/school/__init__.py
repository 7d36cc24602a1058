"""Use cases of the room `school`."""
