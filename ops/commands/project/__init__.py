"""`genai project`: a Langfuse project for a developer, for a limited time."""
