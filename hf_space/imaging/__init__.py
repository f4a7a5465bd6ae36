"""From bytes to pixels: decoding under limits, preprocessing, quality checks."""
