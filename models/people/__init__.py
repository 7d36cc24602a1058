"""Everyone with a card: students, guardians, staff."""
