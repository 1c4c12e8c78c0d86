"""A run as a stand-alone script: only the code that it needs, cut from the engine."""
