"""The pages at `/docs/`: the schema by room and by role, in Russian and English. They can be
printed, and read from a disk without a server."""
