"""Samplers: ODE and SDE solvers as plain functions with an ``on_step`` callback."""
