"""The conversation of one session, pure and over an injected clock."""
