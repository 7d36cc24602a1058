"""The school itself: its card, its calendar and its rooms."""
