"""One stack as Pulumi knows it: its settings file, its engine, its state and its outputs."""
