"""Reads a field as the API server does: types, quantities, names, labels, selectors, metadata."""
