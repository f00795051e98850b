"""Lists as files: what each has, who may have it, and the rows as a stream."""
