"""Checks objects as the API server does. It knows neither KAITO nor models."""
