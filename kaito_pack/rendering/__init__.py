"""Renders checked values to manifests, and finds the values behind a line of a manifest."""
