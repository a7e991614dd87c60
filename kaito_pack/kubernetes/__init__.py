"""What the Kubernetes API server says of a manifest, offline."""
