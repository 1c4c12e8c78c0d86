"""Icons and small data that the program ships; a package, so that it is found."""
