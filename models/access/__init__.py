"""Accounts, roles, sessions, access requests and the audit log."""
