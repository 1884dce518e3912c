"""What does each one cost?"""

from cnnlab.ui.compare import compare

compare()
