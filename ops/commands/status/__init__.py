"""`genai status`."""
