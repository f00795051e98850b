"""Import loans from a lender's file."""
