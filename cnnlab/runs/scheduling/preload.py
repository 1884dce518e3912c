"""What the fork server imports and reads once, so that each worker begins with all of it."""

import gc

import torch
import torch._dynamo  # what the first step of an optimiser would import otherwise

import cnnlab.runs.scheduling.worker  # noqa: F401
from cnnlab.data import DATASETS, load

# A process that has computed with several threads must not fork.
torch.set_num_threads(1)
for _name, _card in DATASETS.items():
    if _card.origin == "installed":
        load(_name)

# What is here stays; a collector that looks at it would make each worker copy the pages.
gc.collect()
gc.freeze()
