"""The literature behind a run: which papers its methods come from, as BibTeX."""
