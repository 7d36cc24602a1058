"""The parts that all use cases are built of: commands, reads, lists, the context they run in."""
