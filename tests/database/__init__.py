"""The database itself: its supervisor, roles, migrations, and the way in."""
