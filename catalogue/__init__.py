"""What is known beside the program, as tables: resource types and prices. Imports nothing else of this project."""
