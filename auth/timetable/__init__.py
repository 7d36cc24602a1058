"""Rules for lessons and homework."""
