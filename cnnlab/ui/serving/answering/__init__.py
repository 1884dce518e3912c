"""A route that answers what the networks of runs see in an image: plain HTTP, without a script that draws a page."""
