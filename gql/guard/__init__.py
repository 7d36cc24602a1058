"""The guard: how much a document may ask for, and whether it is valid, before it is answered."""
