"""What runs leave behind: their networks, answers, curves and gradient norms, and how their weights changed."""
