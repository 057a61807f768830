"""What a model must answer, and who answers it: table worlds, trees of your own, Hugging Face networks."""
