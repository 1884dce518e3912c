"""What does one layer do?"""

from cnnlab.ui.convolution import convolution

convolution()
