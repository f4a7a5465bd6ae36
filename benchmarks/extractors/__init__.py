"""Programs that cut a slide's tiles, each run in a process and an environment of its own."""
