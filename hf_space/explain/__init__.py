"""From activation maps to pictures."""
