"""What was seen: frames, counts and violations of the wire."""
