"""What does one layer do?"""

from cnnlab.ui.convolution.page import convolution

convolution()
