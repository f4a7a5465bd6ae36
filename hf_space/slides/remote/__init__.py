"""Slides in stores of objects and on web servers, and results that go there; needs fsspec."""
