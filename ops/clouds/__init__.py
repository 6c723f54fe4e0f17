"""Clients of AWS, Azure, Kubernetes and LiteLLM, and the steps that remove what a cloud has."""
