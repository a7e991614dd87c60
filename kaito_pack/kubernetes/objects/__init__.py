"""Checks whole objects as the API server does: workloads, Services, policies, custom resources."""
