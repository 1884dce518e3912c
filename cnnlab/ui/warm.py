"""Everything slow to import, imported once at start-up; each name is there for its import alone."""

import pandas
import sklearn.datasets
import torchinfo

import cnnlab.analysis
import cnnlab.building
import cnnlab.export
import cnnlab.figures.ribbon
import cnnlab.ui.compare
import cnnlab.ui.convolution
import cnnlab.ui.explore
import cnnlab.ui.runs
import cnnlab.ui.train

__all__ = ["cnnlab", "pandas", "sklearn", "torchinfo"]
