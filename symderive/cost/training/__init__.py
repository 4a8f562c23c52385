"""The backward pass and the training step of a layer or network, as costs of their own."""
