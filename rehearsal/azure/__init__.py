"""Simulated Azure and Entra ID, as far as the gateway uses them."""
