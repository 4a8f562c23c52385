"""Models that do not run, for what is said about it."""

import torch
from torch import nn


class Read(nn.Module):
    """Reads seven numbers."""

    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(7, 3)

    def forward(self, x):
        return self.dense(x)


class Fixed(nn.Module):
    """Takes the number of a size in the run."""

    def forward(self, x):
        return x @ torch.zeros(int(x.shape[0]), 3)


class Refuses(nn.Module):
    """Looks at a size."""

    def forward(self, x):
        if x.shape[1] != 768:
            raise ValueError(f"expected 768 features, got {x.shape[1]}")
        return x
