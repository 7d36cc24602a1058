"""Observability: what operators learn of a running server, and of each operation it answered."""
