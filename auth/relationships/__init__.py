"""How people are related to students, classes and sections. All rules are built of these."""
