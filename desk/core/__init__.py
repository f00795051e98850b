"""What every use case needs: the transaction, changes and Undo, permissions, errors, the clock, the vocabulary."""
