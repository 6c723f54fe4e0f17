"""Azure and Entra ID: a model of what the front door uses."""
