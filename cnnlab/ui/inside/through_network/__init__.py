"""One image on its way through the network: its maps in all layers, and how each value comes about."""
