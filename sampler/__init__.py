"""The sampler: exact, instrumented sampling from the power distribution p^alpha of a causal language model."""
