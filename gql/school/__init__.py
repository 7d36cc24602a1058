"""API of the room `school`."""
