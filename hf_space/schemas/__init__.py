"""What the API, the demo and the command line take and return; one file per resource."""
