"""Training: the loop, optimisers, averages of weights, snapshots and checkpoints."""
