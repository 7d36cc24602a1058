"""API of the room `files`."""
