"""What the API server says of whole objects: workloads, Services, policies, custom resources."""
