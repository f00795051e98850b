"""How long records are kept: what a workspace says, and deleting what is older."""
