"""The desk in a local workspace: with a page in the browser, or as a tour through the wire that checks itself; and the
demo borrowers, which any desk can add."""
