"""What is kept for a while: results already given."""
