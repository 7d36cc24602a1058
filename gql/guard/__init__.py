"""The guard: limits, static cost and validation of a document before it is executed."""
