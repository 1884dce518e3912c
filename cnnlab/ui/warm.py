"""Everything slow to import, imported once at start-up; each name is there for its import alone."""

import pandas
import sklearn.datasets
import torchinfo

import cnnlab.analysis
import cnnlab.building
import cnnlab.export
import cnnlab.figures.network.ribbon
import cnnlab.ui.comparison.page
import cnnlab.ui.convolution.page
import cnnlab.ui.explore.page
import cnnlab.ui.runs.page
import cnnlab.ui.train.page

__all__ = ["cnnlab", "pandas", "sklearn", "torchinfo"]
