"""Checks a model against the server that loads it: memory, length, heads, arguments, access."""
