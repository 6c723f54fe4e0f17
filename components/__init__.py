"""Components: each file holds one, its Args and nothing else. They know nothing of stacks or configuration."""
