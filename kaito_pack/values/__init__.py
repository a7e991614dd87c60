"""Values: what a person writes, in layers, checked by the schema of the mode."""
