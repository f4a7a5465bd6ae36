"""The HTTP door: one route file per resource."""
