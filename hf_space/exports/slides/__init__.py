"""What is written of a whole slide, for QuPath, notebooks and people."""
