"""Results as files: every column list and format once."""
