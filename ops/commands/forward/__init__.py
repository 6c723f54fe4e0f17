"""`genai forward`: LiteLLM and Langfuse on this machine, through `kubectl port-forward`."""
