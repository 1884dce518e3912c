"""How queued runs are trained: the scheduler, its workers, and the capacity of the machine."""
