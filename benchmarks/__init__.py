"""What the service costs, measured on this machine; nothing here is part of the service."""
