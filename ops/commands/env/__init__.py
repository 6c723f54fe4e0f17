"""`genai env`: URLs and keys of a stack for the user's own tools."""
