"""Writes records in groups, or to the spool while the database does not accept them."""
