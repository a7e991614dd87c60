"""What KAITO rejects or changes in a Workspace: its CRD, its webhook, its controller; and advice."""
