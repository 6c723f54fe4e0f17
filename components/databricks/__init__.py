"""Components of the Databricks gateway: the workspace, what answers in it, who may call, and the dashboard."""
