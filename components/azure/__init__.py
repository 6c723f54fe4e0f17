"""Components of the Azure gateway: who may call, the gateway itself, and what it logs."""
