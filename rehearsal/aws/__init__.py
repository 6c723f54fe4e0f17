"""Simulated AWS: moto, and models of what moto lacks."""
