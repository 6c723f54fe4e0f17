"""`genai status`: which parts of a stack exist, and the state of each."""
