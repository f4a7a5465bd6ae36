"""The environment of a process in a Gradio Space."""

from __future__ import annotations

SPACE_ENVIRONMENT = {
    "CPU_CORES": "2",
    "GRADIO_ALLOW_FLAGGING": "never",
    "GRADIO_NUM_PORTS": "1",
    "GRADIO_SERVER_NAME": "0.0.0.0",  # noqa: S104 -- as the Hub sets it; the service does not read it
    "GRADIO_THEME": "huggingface",
    "MEMORY": "16Gi",
    "PYTHONUNBUFFERED": "1",
    "SPACE_AUTHOR_NAME": "owner",
    "SPACE_CREATOR_USER_ID": "6032802e1f993496bc14d9e3",
    "SPACE_HOST": "owner-biopsia.hf.space",
    "SPACE_ID": "owner/biopsia",
    "SPACE_REPO_NAME": "biopsia",
    "SPACE_TITLE": "Biopsia",
    "SYSTEM": "spaces",
    "BIOPSIA_TRUSTED_PROXY_HOPS": "1",
}
"""Variables that the Hub sets in every Space, and what `hf_space.deploy` adds."""
