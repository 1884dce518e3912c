"""Does it learn?"""

from cnnlab.ui.train import train

train()
