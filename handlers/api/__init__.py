"""The REST API at `/api/v1`: routes, what they take and answer, and how a request is served."""
