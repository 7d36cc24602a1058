"""Use cases around signing in, roles and accounts."""
