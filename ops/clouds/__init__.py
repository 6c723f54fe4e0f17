"""Clients of AWS, Azure and Kubernetes, and the steps that remove what a cloud has."""
