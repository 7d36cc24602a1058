"""What all use cases are built of: commands, reads, lists, and the context in which they run."""
