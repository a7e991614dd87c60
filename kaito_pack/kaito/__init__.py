"""What KAITO says of a Workspace: its CRD and its webhook's decoding, per version."""
