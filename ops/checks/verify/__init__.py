"""`genai verify`: proves the whole path of a running stack, step by step."""
