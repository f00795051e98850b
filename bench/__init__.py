"""Measures the desk on the machine at hand: `make bench`."""
