"""Checks a pod template as the API server and the kubelet do."""
