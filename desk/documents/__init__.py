"""Documents: request, receive, accept and reject them."""
