"""What KAITO itself says of a Workspace, and does with it."""
