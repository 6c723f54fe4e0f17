"""`genai plan`: resources, duration and cost of `pulumi up`, without an account or the Pulumi CLI."""
