"""Experiments on runs: studies, sweeps, scripts; long work in small pieces."""
