"""What may be used, by whom: courtesy limits on requests, and the guard of what minting costs."""
