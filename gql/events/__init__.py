"""What subscribers hear."""
