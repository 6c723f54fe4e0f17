"""A client of MCP gateways on the official MCP SDK: log in, list tools, call one, follow a consent."""
