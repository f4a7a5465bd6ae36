"""Saved predictions of each visitor: written, found, counted and deleted."""
