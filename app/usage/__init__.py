"""What calls cost: rate limits, the quota of granted seconds, and what the list says was used."""
