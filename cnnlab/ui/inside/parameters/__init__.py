"""The parameters of the network: their values, how they were initialised, and how they changed."""
