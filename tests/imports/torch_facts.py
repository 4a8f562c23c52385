"""What torch itself counts, at numbers: its counter on tensors without entries."""

import sympy
import torch
from torch.utils.flop_counter import FlopCounterMode

from symderive.cost import cost
from symderive.imports.torch_modules import torch_network
from symderive.imports.torch_modules.inputs import all_given


def on_meta(make):
    """A model without entries in its parameters."""
    with torch.device("meta"):
        return make().eval()


def imported(make, texts, **options):
    """The cost of a model with open sizes."""
    return cost(torch_network(on_meta(make), texts, **options))


def counted_by_torch(model, texts, numbers, device="meta", **more):
    """Multiply-accumulates by torch's counter: half of its operations, which are a whole number."""
    ordered, named = all_given(texts)
    kinds = {"integer": torch.int64}

    def tensor(given):
        shape = [
            int(size.xreplace({one: numbers[one.name] for one in size.free_symbols})) for size in given.shape
        ]
        return torch.zeros(list(map(int, shape)), dtype=kinds.get(given.domain, torch.float32), device=device)

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(*map(tensor, ordered), **{name: tensor(one) for name, one in named.items()}, **more)
    return sympy.Rational(counter.get_total_flops(), 2)
