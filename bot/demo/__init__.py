"""The desk in a local workspace, with a page in the browser or as a tour that checks itself; and the demo borrowers, which an
admin can add to any desk."""
