"""What `pulumi up` would build, how long it takes, what it costs: found out without an account or the Pulumi CLI."""
