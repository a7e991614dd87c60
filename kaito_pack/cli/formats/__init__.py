"""Output formats: one module a format."""
