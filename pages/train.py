"""Does it learn?"""

from cnnlab.ui.train.page import train

train()
