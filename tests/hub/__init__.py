"""A small local Hugging Face Hub, so that the real clients can be tested without the network."""
