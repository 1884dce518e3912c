"""Networks and tables in the formats of other programs."""

from cnnlab.export.code import export_code

__all__ = ["export_code"]
