"""Write records in groups; what the database cannot take now waits on disk."""
