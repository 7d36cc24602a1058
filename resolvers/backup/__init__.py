"""Saving an installation to one file, and restoring it."""
