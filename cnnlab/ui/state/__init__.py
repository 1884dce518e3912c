"""What a visitor's session holds, and how it is written into the address."""
