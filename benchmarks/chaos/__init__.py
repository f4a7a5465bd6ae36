"""Mixed requests of many visitors while PostgreSQL and Redis go away and come back."""
