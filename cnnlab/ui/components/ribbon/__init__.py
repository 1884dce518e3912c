"""The drawing of a network, with parts that can be selected."""
