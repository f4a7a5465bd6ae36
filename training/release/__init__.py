"""From a trained network to a bundle, its card, and the Hub."""
