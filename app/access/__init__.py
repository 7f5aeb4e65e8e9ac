"""Who may mint, and who it is: the three modes of access."""
