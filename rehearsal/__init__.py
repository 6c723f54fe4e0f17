"""Rehearsal: a stack's life on the real Pulumi engine, against a simulated cloud."""
