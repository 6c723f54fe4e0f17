"""Policies as code: guardrails for the program, and API Management's own."""
