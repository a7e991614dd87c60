"""The KRM function: a ResourceList in, a ResourceList out, as kustomize runs it."""
