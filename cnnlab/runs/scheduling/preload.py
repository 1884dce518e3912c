"""What the fork server imports and loads once, so that each worker starts with it."""

import gc

import torch
import torch._dynamo  # otherwise the first step of an optimizer imports it

import cnnlab.runs.scheduling.worker  # noqa: F401
from cnnlab.data import DATASETS, load

# A process that has used several threads must not fork.
torch.set_num_threads(1)
for _name, _card in DATASETS.items():
    if _card.origin == "installed":
        load(_name)

# These objects stay: a garbage collection that visits them would make each worker copy their memory pages.
gc.collect()
gc.freeze()
