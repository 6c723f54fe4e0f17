"""`genai verify`: the proof of the whole path of a running stack, step by step."""
