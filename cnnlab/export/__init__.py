"""What leaves the lab: a network as code that stands on its own."""

from cnnlab.export.code import export_code

__all__ = ["export_code"]
