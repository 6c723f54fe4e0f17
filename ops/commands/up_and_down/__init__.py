"""`genai up` and `genai down`: run the Pulumi engine, show its progress, and check what exists afterwards."""
