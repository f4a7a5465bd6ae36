"""Several workers that score slides at once: processes of this machine, or nodes of a cluster."""
