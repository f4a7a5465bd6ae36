"""The Gradio demo: one image, a region, a batch, and the model's card."""
