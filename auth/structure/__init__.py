"""Rules for classes and sections."""
