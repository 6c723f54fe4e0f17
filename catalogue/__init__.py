"""What is known beside the program, as tables: pins, prices and resource types. Imports nothing else of the project."""
