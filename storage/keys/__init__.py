"""Where the keys come from: a file that only the desk reads, and a KMS that wraps what is in it."""
