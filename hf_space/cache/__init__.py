"""Results for an hour: in the process, and in Redis for all processes."""
