"""`genai langfuse`: what people made in Langfuse, from one day to another."""
