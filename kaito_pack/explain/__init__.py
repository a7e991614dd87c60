"""Explains a value, a rule, or a line of a manifest and its origin."""
