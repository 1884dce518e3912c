"""What goes on inside?"""

from cnnlab.ui.inside.page import inside

inside()
