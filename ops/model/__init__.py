"""What `pulumi up` would make of a stack, found out without an account or the Pulumi CLI."""
