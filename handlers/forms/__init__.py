"""Forms: each job of the desk with the mouse or the thumb. A module each, in the words of its command's handler."""
