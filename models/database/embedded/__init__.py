"""The embedded PostgreSQL: its cluster, its process and its supervisor."""
