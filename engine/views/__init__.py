"""Views: what a plot shows, computed from a run. One file per view."""
