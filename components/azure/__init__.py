"""Components of the Azure front door: who may call, the gateway itself, and what it logs."""
