"""`genai preflight`."""
