"""What did we find?"""

from cnnlab.ui.runs import runs

runs()
