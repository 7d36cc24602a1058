"""Files, which people attach to other things."""
