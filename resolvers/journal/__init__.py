"""Use cases of the room `journal`."""
