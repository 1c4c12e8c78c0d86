"""Metrics: distances between samples, likelihood, mode coverage."""
