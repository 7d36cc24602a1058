"""Tables of trusted documents."""
