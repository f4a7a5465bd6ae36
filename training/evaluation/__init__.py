"""Scores, calibration, operating points, comparison, plots."""
