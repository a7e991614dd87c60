"""Explains a value, a rule, or a line of a manifest, and where it came from."""
