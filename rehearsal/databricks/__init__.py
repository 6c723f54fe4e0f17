"""Simulated workspaces of Databricks: the table of types, and what a workspace refuses."""
