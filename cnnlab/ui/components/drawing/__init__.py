"""SVG that scales with the page."""
