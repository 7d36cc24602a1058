"""Subscriptions and the types of their events."""
