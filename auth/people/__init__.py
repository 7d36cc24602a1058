"""Rules for people and for their protected data."""
