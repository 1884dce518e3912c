"""What a network costs, in numbers: see docs/measures.md for what each means and how it is obtained."""

from cnnlab.analysis.comparison.table import compare
from cnnlab.analysis.costs import Analysis
from cnnlab.analysis.of_any_network import analyse
from cnnlab.analysis.summary import summary

__all__ = ["Analysis", "analyse", "compare", "summary"]
