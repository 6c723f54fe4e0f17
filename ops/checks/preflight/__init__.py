"""`genai preflight`: whether `pulumi up` will succeed, found out before it starts."""
