"""Runs the pack as a KRM function: reads a ResourceList and writes one, as kustomize expects."""
