"""Checks of an account before `pulumi up`, and of a running stack."""
