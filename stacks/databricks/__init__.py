"""The Databricks stack: its settings and its program."""
