"""Every SQL statement of the desk, in folders named like those of `desk`."""
