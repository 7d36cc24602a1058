"""Use cases around trusted documents."""
