"""Components of the Azure gateway: Entra ID, Key Vault, API Management and its logs."""
