"""The cluster: as much of Kubernetes and EKS Auto Mode as matters for the day."""
