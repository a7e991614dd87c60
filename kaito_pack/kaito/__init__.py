"""Checks a Workspace as KAITO's CRD, webhook and controller do, and gives advice."""
