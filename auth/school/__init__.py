"""Rules for the school and its calendar."""
