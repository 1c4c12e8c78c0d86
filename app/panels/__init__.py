"""Panels change settings of a session and draw nothing."""
