"""What did we find?"""

from cnnlab.ui.runs.page import runs

runs()
