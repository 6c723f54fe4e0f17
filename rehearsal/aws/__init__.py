"""AWS: moto, and what moto lacks."""
