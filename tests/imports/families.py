"""Torch modules beside the families of `symderive.networks` that declare the same."""

from symderive.networks.families.mobilenet_v3 import LARGE
from symderive.networks.widths import multiple
from tests.imports import models_convolutions as plain
from tests.imports import models_mobile as mobile


def v3_rows():
    """The rows of MobileNetV3 as the module takes them."""
    for kernel, inner, channels, is_gated, function, stride in LARGE:
        yield (
            kernel,
            inner,
            channels,
            multiple(inner // 4) if is_gated else 0,
            function == "hardswish",
            stride,
        )


FAMILIES = {
    "alexnet": plain.AlexNet,
    "vgg16": plain.VGG,
    "resnet18": plain.ResNet,
    "resnext50_32x4d": lambda: plain.ResNet(plain.Bottleneck, (3, 4, 6, 3), 32, 4),
    "wide_resnet50_2": lambda: plain.ResNet(plain.Bottleneck, (3, 4, 6, 3), 1, 128),
    "squeezenet1_1": plain.SqueezeNet,
    "googlenet": plain.GoogLeNet,
    "densenet121": plain.DenseNet,
    "mobilenet_v1": mobile.MobileNetV1,
    "mobilenet_v2": mobile.MobileNetV2,
    "mobilenet_v3_large": lambda: mobile.MobileNetV3(list(v3_rows())),
    "efficientnet_b0": mobile.EfficientNet,
    "shufflenet_v2_x1_0": mobile.ShuffleNetV2,
    "convnext_tiny": mobile.ConvNeXt,
    "regnet_y_400mf": lambda: mobile.RegNet((48, 104, 208, 440), (1, 3, 6, 6), 8),
}
"""By the name of the member; all of them read B,3,H,W."""
