"""Components inside the EKS cluster: LiteLLM, Langfuse, ClickHouse and what they need."""
