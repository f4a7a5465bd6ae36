"""The Gradio demo: one image, a region, a batch, and the model's card."""

from hf_space.ui.gradio_import import import_gradio

import_gradio()
