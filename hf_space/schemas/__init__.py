"""What goes over the wire, the same at every door; one file per resource."""
