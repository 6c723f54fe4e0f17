"""The Azure stack: its settings and its program."""
