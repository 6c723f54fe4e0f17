"""`genai chat`: the chat of `apps/chat` on a running day, or on a LiteLLM of this machine."""
