"""Merges the layers of values, checks them by the mode's schema, and fills in defaults."""
