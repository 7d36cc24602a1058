"""The school: its card, its calendar and its rooms."""
