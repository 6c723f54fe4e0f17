"""Both ways without an account: an Entra ID, a Google with its Drive and an AgentCore Gateway on loopback."""
