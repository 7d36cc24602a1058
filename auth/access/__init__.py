"""Rules for accounts, roles, access requests, and the audit log."""
