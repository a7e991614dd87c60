"""What KAITO says of a Workspace: its admission webhook, its controller, and advice."""
