"""Exchange with other systems: real sets of files, and sets written to be difficult."""
