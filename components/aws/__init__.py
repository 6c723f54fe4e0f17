"""Components made of AWS resources."""
