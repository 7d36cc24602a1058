"""Lessons and homework."""
