"""Plots show data and change nothing; each lives alone (python -m app.plots.NAME)."""
