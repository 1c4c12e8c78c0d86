"""Networks and embeddings that models are built from."""
