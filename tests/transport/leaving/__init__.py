"""Clients that leave before they are answered."""
