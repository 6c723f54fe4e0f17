"""Azure and Entra ID: a model of what the gateway uses."""
