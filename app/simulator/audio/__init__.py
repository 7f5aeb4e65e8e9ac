"""PCM, encodings, and what the agent can say."""
