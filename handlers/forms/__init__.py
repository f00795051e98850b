"""Forms: what the commands do, with the mouse. One module per form."""
