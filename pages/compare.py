"""What does each one cost?"""

from cnnlab.ui.compare.page import compare

compare()
