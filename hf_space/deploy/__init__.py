"""This service as a Gradio Space on the Hugging Face Hub: `python -m hf_space.deploy --help`."""
