"""The page of the wall: a sweep as a grid of live runs."""
