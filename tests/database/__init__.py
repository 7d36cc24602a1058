"""The database itself: its supervisor, roles, migrations and connections."""
