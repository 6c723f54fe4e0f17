"""LiteLLM from its wheel with PostgreSQL, a model and a place for traces: the platform in small, on this machine.

Runs in `.venv-litellm` (`make setup-chat` makes it), so nothing here imports Pulumi or Typer.
"""
