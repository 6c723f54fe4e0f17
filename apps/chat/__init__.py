"""A chat in Streamlit on a running day: models, keys, refusals and sessions as a user sees them."""
