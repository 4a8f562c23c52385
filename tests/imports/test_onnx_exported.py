"""Files that PyTorch's exporter writes: every quantity is that of the module itself, in open sizes."""

import io

import pytest
import torch

import symderive
from symderive.errors import ShapeError
from symderive.imports.torch_modules import torch_network
from tests.imports.families import FAMILIES
from tests.imports.models_convolutions import UNet
from tests.imports.test_torch_families import in_inputs


def exported(module, *shape):
    """The file of a module, all axes open but that of the channels; nothing is folded."""
    with torch.no_grad():
        for place, one in enumerate([*module.parameters(), *module.buffers()]):
            if one.is_floating_point():
                one.fill_(1 / (place + 2))  # equal arrays would be stored once
    file = io.BytesIO()
    torch.onnx.export(
        module,
        (torch.zeros(shape),),
        file,
        dynamo=False,
        input_names=["x"],
        dynamic_axes={"x": {0: "n", 2: "height", 3: "width"}},
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
        opset_version=17,
    )
    return file.getvalue()


pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the exporter that needs no further package
    pytest.mark.filterwarnings("ignore::UserWarning"),  # it says that ONNX infers no shape of a constant
]


def both(module):
    """The cost of the file that is exported, and that of the module."""
    module = module.eval()
    found = symderive.cost(exported(module, 2, 3, 64, 96), dims="B,H,W")
    assert found.unknown == ()
    return found, symderive.cost(torch_network(module, "B,3,H,W"))


def quantities(*costs):
    return {one for cost in costs for one in cost.quantities} | {"activations", "params", "buffers"}


def test_an_exported_file_has_the_formulas_of_the_module():
    """In all quantities, also of each module."""
    found, imported = both(FAMILIES["squeezenet1_1"]())
    for quantity in quantities(found, imported):
        difference = in_inputs(found, quantity) - in_inputs(imported, quantity)
        assert difference.expand() == 0, (quantity, difference)
    macs = {path: found[path].macs for path in ("features.0", "features.3.squeeze", "features.3")}
    assert macs["features.0"] != 0
    assert macs == {path: imported[path].macs for path in macs}


def test_an_exported_file_has_the_numbers_of_the_module_where_its_sizes_fit():
    """What is joined on the way up has the height and width of what was kept: multiples of 4."""
    found, imported = both(UNet())
    for sizes in ({"B": 1, "H": 32, "W": 4}, {"B": 3, "H": 8, "W": 20}):
        for quantity in quantities(found, imported):
            assert found.subs(sizes).quantity(quantity) == imported.subs(sizes).quantity(quantity)
    with pytest.raises(ShapeError, match="do not fit"):
        found.subs(B=1, H=30, W=32)
