"""One file per tab of the demo."""
