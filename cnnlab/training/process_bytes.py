"""What a process takes of memory beside what it computes with. It needs no torch."""

PROCESS_BYTES = {"cpu": 192 * 2**20, "cuda": 600 * 2**20}
"""What a process takes beside what it computes with, by the kind of its device: on a GPU the driver's context and the
libraries' code, on a CPU the libraries' buffers, and the memory that a process asks for in advance."""
