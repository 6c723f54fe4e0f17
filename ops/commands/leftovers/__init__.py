"""`genai leftovers`: what a day has left behind, and its removal."""
