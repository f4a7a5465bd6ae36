"""Inputs and outputs of the API, the demo and the command line; one file per resource."""
