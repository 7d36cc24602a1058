"""Exchange with other systems: sets of files, real ones and ones written for a trap."""
