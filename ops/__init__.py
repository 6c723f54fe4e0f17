"""The `genai` command and what it is made of."""
