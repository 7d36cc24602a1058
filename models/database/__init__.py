"""The database: an embedded PostgreSQL, roles, migrations, engines and pools of connections."""
