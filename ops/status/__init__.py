"""`genai status`: what runs, since when, what it has cost, and what to do next."""
