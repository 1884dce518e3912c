"""What goes on inside a network: kernels, feature maps, why it answers so, one step of training, and its mistakes."""
