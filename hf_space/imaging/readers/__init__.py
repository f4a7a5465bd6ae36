"""Read image files; one module for each library that decodes them."""
