"""Data sets: toy densities with exact log-densities, tables, and their scaling."""
