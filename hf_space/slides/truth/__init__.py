"""Results of slides held against annotations of one's own."""
