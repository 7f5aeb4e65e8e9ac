"""What calls cost: rate limits on requests, the quota of granted seconds, and its settlement."""
