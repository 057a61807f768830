"""The page: the only room that knows Gradio. Layout, wiring, one session a browser, recorded runs and models."""
