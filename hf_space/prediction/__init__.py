"""The use case: an image in, a result out."""
