"""The REST extras that a web application may call: stored agents, and what became of sessions."""
