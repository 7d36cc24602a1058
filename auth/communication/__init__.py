"""Rules for notices and letters."""
