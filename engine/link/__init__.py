"""What lies between window and engine: keys, sockets, supervision, keeper of runs."""
