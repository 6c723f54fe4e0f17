"""What is pinned, as data: it imports nothing of the project, and everything may read it."""
