"""The demo school: believable, without contradictions, the same every time."""
