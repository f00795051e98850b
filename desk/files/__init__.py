"""Files that people send: what is taken, where it belongs, who may open it, and how long it stays."""
