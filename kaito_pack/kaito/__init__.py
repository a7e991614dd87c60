"""What KAITO says of a Workspace: its CRD, its webhook, its controller, and advice."""
