"""Who may use the service, and how much: visitors, keys, tickets and rate limits."""
