"""Mixed requests of many visitors while PostgreSQL and Redis stop and start again."""
