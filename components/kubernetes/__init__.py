"""Components inside the cluster."""
