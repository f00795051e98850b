"""The benchmark of Loan Desk: `make bench`."""
