"""Compares results of slides with annotations."""
