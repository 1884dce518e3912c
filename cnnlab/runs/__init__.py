"""Runs: trainings in processes of their own, that outlive the page. Importing this does not import torch."""

from cnnlab.home import default_folder
from cnnlab.runs.launch import ensure_scheduler
from cnnlab.runs.results.frame import frame
from cnnlab.runs.run import Curve, NotPossible, Run, RunState, StoreUnavailable, UnknownRun
from cnnlab.runs.store.store import Store, open_store
from cnnlab.runs.submit import submit, submit_seeds

__all__ = [
    "Curve",
    "NotPossible",
    "Run",
    "RunState",
    "Store",
    "StoreUnavailable",
    "UnknownRun",
    "default_folder",
    "ensure_scheduler",
    "frame",
    "open_store",
    "submit",
    "submit_seeds",
]
