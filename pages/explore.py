"""What is this network?"""

from cnnlab.ui.explore import explore

explore()
