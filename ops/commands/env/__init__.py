"""`genai env`: the day's URLs and keys for the user's own tools."""
