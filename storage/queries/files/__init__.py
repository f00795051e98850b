"""Files and the links that open them."""
