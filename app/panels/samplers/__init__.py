"""The sampler bench: one trained network, many samplers."""
