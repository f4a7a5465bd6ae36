"""What people read, in English and Spanish."""
