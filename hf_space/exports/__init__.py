"""Results as files: all column lists and formats."""
