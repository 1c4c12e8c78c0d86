"""Data sets: toy densities with exact log-densities, tables, and how they are scaled."""
