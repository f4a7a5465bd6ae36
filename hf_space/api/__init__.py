"""The HTTP API: one route file per resource."""
