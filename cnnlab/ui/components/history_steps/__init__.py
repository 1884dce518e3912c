"""Which changes of the address are steps of the browser's history."""
