"""Checks a Workspace as KAITO does: its CRD, its webhook, its controller; and gives advice."""
