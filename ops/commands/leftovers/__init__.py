"""`genai leftovers`: resources that are left in the cloud after a destroy, and their removal."""
