"""What the API server and the kubelet say of a pod template."""
