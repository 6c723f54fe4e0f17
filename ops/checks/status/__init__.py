"""`genai status`: what runs and how each part of it is."""
