"""The bytes of files: encrypted as a stream, in a store. The row of each file is in `storage.tables.files`."""
