"""The commands of `genai`: options, reports and exit codes."""
