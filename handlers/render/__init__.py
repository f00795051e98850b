"""Turns results into what people read, in their language."""
