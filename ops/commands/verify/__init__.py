"""`genai verify`."""
