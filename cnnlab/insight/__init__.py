"""What goes on inside a network: kernels, one step of training, gradients, parameters, and what it confuses."""
