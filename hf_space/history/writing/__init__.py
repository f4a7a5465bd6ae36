"""Write records in groups; what the database cannot take now goes to the spool."""
