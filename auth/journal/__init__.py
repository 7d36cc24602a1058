"""Rules for the journal."""
