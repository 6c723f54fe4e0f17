"""The AWS stack: its settings, its program and its outputs."""
