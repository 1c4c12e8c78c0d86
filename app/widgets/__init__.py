"""Small painted controls that panels and plots are built from."""
