"""`genai verify`: options and report."""
