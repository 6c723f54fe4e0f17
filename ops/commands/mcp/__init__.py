"""`genai mcp`: log in to an MCP gateway, list its tools and call one."""
