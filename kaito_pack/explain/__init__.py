"""What a value, a rule or a line of a manifest is, and where it came from."""
