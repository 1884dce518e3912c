"""Heavy computations of a page in a process of their own, which ends with the page and can take only so much memory."""
