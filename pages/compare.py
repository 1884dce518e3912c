"""What does each one cost?"""

from cnnlab.ui.comparison.page import compare

compare()
