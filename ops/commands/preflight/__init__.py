"""`genai preflight`: checks before `pulumi up`."""
