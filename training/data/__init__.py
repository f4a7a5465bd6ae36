"""From the archive to prepared arrays: sources, inspection, splits."""
