"""Where the rows live: an embedded PostgreSQL, its roles, its migrations, and the way to it."""
