"""A day of the stack on the real Pulumi engine, against a simulated cloud."""
