"""What is this network?"""

from cnnlab.ui.explore.page import explore

explore()
