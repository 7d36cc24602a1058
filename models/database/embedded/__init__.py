"""The embedded PostgreSQL: its cluster, its process, and what keeps it running."""
