"""Lessons and what is set for home."""
