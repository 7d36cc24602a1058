"""The class journal: assignments, marks, attendance, term marks, closures."""
