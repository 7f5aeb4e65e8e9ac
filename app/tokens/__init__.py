"""What a caller may ask of a token, and what it gets."""
