"""Rules for accounts, roles, requests to change access, and the audit log."""
