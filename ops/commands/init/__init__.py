"""`genai init`."""
