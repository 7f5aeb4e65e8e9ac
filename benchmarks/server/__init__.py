"""What a token costs, beside what others would pay for it; nothing here is part of the service."""
