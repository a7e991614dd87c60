"""Checks objects as the API server does, without knowledge of KAITO or models."""
