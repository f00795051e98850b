"""What people read: one function per message or view, which renders a result in the reader's language."""
