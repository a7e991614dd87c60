"""What Kubernetes itself says of an object: its API definitions, decoding, names."""
