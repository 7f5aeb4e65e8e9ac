"""The simulator over HTTP and WebSocket."""
