"""People with a card: students, guardians, staff."""
