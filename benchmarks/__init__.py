"""Measurements that belong in no test: `make bench`."""
