"""`genai status`: whether a stack is up, and the state of its parts."""
