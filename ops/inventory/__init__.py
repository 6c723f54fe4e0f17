"""What exists in the clouds, whose it is, and in which order it can be deleted."""
