"""The MCP stack: its settings and its program."""
