"""How queued runs are carried out: the scheduler, its workers, and the capacity of the machine."""
