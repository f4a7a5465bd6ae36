"""From pixels to logits: bundle loading with hash checks, and the engine."""
