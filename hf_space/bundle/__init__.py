"""The model's contract: what a bundle holds, and where it comes from."""
