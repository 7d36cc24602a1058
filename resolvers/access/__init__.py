"""Use cases of signing in, roles, accounts and the audit log."""
