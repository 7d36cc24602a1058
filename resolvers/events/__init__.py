"""Subscriptions: live events of notices, mail and journals."""
