"""Tables of facts: versions, prices, limits and resource types. Imports nothing else of the project."""
