"""The demo: the desk in a local workspace, as a page or as a tour that checks itself; and demo borrowers for any desk."""
