"""`genai add-model`."""
