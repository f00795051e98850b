"""Forms: what the commands do, with the mouse."""
