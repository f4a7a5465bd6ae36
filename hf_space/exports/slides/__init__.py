"""The files of a whole slide, for QuPath, notebooks and readers."""
