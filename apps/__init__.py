"""Applications that use the platform. Nothing of the project imports them, and each has requirements of its own."""
