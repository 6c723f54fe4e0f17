"""`genai up` and `genai down`: the day's two runs of the engine, watched, and judged by what is there afterwards."""
