"""How the API server reads a field: types, quantities, names, labels, selectors and metadata."""
