"""Heavy computations of a page in an isolated process, which ends with the page and whose memory is limited."""
