"""Use cases of trusted documents."""
