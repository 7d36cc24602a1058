"""Rules for people and for what is protected about them."""
