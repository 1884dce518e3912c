"""Measured on this machine: latency of networks and layers, and the roofline."""
