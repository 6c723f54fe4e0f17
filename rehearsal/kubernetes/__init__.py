"""Simulated Kubernetes and EKS Auto Mode, as far as the program uses them."""
