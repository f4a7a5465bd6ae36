"""Gradio inside the application: mounting, guards, uploads, named endpoints."""
