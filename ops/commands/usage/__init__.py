"""`genai usage`: what clients used of which model in a day."""
