"""From right values to manifests, and from a line of a manifest back to what made it."""
