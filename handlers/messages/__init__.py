"""What people read: one function per message, from a result and the reader's language to blocks."""
