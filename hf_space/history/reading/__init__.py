"""Find, count, review and delete an owner's records."""
