"""`genai forward`: LiteLLM and Langfuse on this machine, through the Kubernetes API."""
