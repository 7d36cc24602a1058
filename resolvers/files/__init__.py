"""Use cases around files."""
