"""Whole slides: found, read strip by strip, scored, and written for other programs."""
