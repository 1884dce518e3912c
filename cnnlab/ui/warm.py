"""Everything slow to import, imported once at start-up; each name is there for its import alone."""

import pandas
import torchinfo

import cnnlab.analysis
import cnnlab.building
import cnnlab.export
import cnnlab.figures.ribbon

__all__ = ["cnnlab", "pandas", "torchinfo"]
