"""The inventory of AWS and Azure resources: finders, ownership, and the order of their deletion."""
