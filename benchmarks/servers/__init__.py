"""Servers to compare with: the usual tutorial, and two serving frameworks with this model."""
