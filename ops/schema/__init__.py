"""`genai schema`: the tables of LiteLLM and Langfuse, read where they are made, as pages with diagrams and SQL."""
