"""Telling those who listen what happens, as it happens."""
