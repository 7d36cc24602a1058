"""Rules for files."""
