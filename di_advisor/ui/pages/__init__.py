"""The pages of the app: each a few controls, and what is shown for them."""
