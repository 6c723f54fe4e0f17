"""Proves the whole path of a running day, step by step."""
