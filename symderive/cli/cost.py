"""``symderive cost``: what a layer costs, counted from its index equations."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from symderive.cli._arrays import as_size, split_words
from symderive.cli._layers import family_names, layer_names, read_sizes
from symderive.cli._plots import add_plot_arguments, check_plot, write_plot
from symderive.cli._sheet import add_sheet_arguments, answer, deliver
from symderive.errors import SymderiveError, did_you_mean

__all__ = ["HELP", "NAME", "add_arguments", "details", "run"]

NAME = "cost"
HELP = "count the multiplications of a layer or a network, as a formula and as a number"
_MOST_NAMES = 12
_SUBJECTS = {"conv": "convolution_cost", "convolution": "convolution_cost"}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "words",
        nargs="+",
        metavar="SUBJECT",
        help="what to count: conv (a convolution), a layer such as conv2d with its sizes, c_in=3 k=5, or a "
        "network such as resnet18 with those of its input, B=1 H=224 W=224, an ONNX file such as model.onnx, "
        "or a torch model as package.module:Model",
    )
    parser.add_argument(
        "--dims",
        metavar="B,H,W",
        help="names or numbers for the open axes of an ONNX file, in order",
    )
    parser.add_argument(
        "--input",
        action="append",
        metavar="HxWxC",
        help="height, width, channels of the input, numbers or names; of a torch model all axes, as in "
        "B,3,H,W or B,T:integer, once for each input, with the name of the argument as in x=B,3,H,W",
    )
    parser.add_argument(
        "--symbols",
        action="append",
        metavar="PLACE=NAME,…",
        help='names for numbers of a torch model by their places, as in "conv1.out_channels=w,layers.*.fc.'
        'out_features=4*d,layers.length=L"',
    )
    parser.add_argument(
        "--output",
        dest="after",
        metavar="HxWxC",
        help="those of the output; numbers from which the kernel follows",
    )
    parser.add_argument(
        "--kernel", metavar="K", help="the kernel, a number or a name (default: inferred, else k)"
    )
    parser.add_argument("--c-out", metavar="C", help="the output channels, where no output is given")
    parser.add_argument("--stride", type=int, metavar="S", help="the stride, if known")
    parser.add_argument("--padding", type=int, metavar="P", help="zeros on each side, if known")
    parser.add_argument("--dilation", type=int, metavar="D", help="the step between taps")
    parser.add_argument(
        "--compare", nargs="+", metavar="KIND", help="which of normal, separable (default: both)"
    )
    parser.add_argument(
        "--levels", type=int, metavar="N", help="levels of blocks in the table of a network (default: 2)"
    )
    _add_questions(parser)
    add_sheet_arguments(parser, output=("-o", "--out"))


def _add_passes(parser: ArgumentParser) -> None:
    """What is counted beside inference; of layers and networks."""
    parser.add_argument(
        "--train",
        metavar="OPTIMIZER",
        help="count a training step, forward, backward and the update of sgd, momentum, adam or adamw",
    )
    parser.add_argument(
        "--recompute",
        metavar="NAMES",
        help="what a training step computes again in place of keeping it: full, or names of blocks or layers",
    )
    parser.add_argument("--backward", action="store_true", default=None, help="count the backward pass")
    parser.add_argument(
        "--memory",
        action="store_true",
        default=None,
        help="say what is kept for the backward pass, what is alive at most, and what is read and written",
    )
    parser.add_argument(
        "--dtype", metavar="TYPE", help="the type of numbers for bytes, as bfloat16 (default: float32)"
    )


def _add_questions(parser: ArgumentParser) -> None:
    """Questions to a formula, and forms for other programs; of layers and networks."""
    _add_passes(parser)
    parser.add_argument(
        "--quantity", metavar="NAMES", help="what to show, as in flops or macs,adds (default: what there is)"
    )
    parser.add_argument(
        "--solve", metavar="BUDGET", help='the largest size, --for, within a budget such as "macs <= 1e9"'
    )
    parser.add_argument(
        "--leading", metavar="SIZES", help="the leading term where sizes grow, as in T or H,W"
    )
    parser.add_argument(
        "--asymptotics", metavar="SIZES", help="the largest terms where sizes grow, and the order of the rest"
    )
    parser.add_argument("--terms", type=int, metavar="N", help="how many terms of --asymptotics (default: 2)")
    parser.add_argument("--elasticity", metavar="SIZE", help="per cent of growth for one per cent of a size")
    parser.add_argument(
        "--crossover",
        metavar="A,B",
        help="from which size, --for, part A of a network needs more than part B; a part is a path, or "
        "several with +",
    )
    parser.add_argument("--for", dest="for_", metavar="SIZE", help="the size of --solve and --crossover")
    for form, what in (("json", "everything that is known"), ("csv", "a line for each part")):
        parser.add_argument(
            f"--{form}", type=Path, metavar="FILE", help=f"write {what} as {form.upper()}; - for stdout"
        )
    add_plot_arguments(parser)


def details() -> str:
    """The layers and families of networks, for the end of the help."""
    return (
        f"Layers: {', '.join(layer_names())}. Networks are members of {', '.join(family_names())}, such as "
        "resnet18 and gpt2. A size that is not given stays a symbol; to a name that is not known, the answer "
        "is which there are."
    )


def run(args: Namespace) -> int:
    """Answer the question.

    Raises:
        SymderiveError: A value is wrong, or the question cannot be answered.
    """
    plain, named = split_words(args.words)
    subject, *rest = plain or [""]
    if args.symbols is not None and ":" not in subject:
        raise SymderiveError("cost: --symbols names numbers of a torch model, and the subject is none.")
    if subject not in _SUBJECTS:
        return _layer(args, subject, rest, named)
    if args.dims is not None:
        raise SymderiveError("cost: --dims names the open axes of an ONNX file, and this is a convolution.")
    asked = next((one for one in (*_PASSES, *_QUESTIONS, *_FORMS) if getattr(args, one) is not None), None)
    if asked is not None:
        raise SymderiveError(
            f"cost: --{asked.rstrip('_')} is for layers and networks; name a layer, as in conv2d k=5."
        )
    if rest or named:
        word = rest[0] if rest else next(iter(named))
        raise SymderiveError(
            f'cost: unexpected argument "{word[:60]}"; sizes of a convolution are options, as in --kernel 5.'
        )
    if args.levels is not None:
        raise SymderiveError("cost: --levels is about the table of a network, and this is a convolution.")
    if len(args.input or ()) > 1:
        raise SymderiveError("cost: a convolution has one input; give one input.")
    values: dict[str, Any] = {
        "input": _shape(args.input[0] if args.input else None),
        "output": _shape(args.after),
        "kernel": None if args.kernel is None else as_size(args.kernel),
        "c_out": None if args.c_out is None else as_size(args.c_out),
        "stride": args.stride,
        "padding": args.padding,
        "dilation": args.dilation,
        "compare": args.compare,
    }
    return answer(args, _SUBJECTS[subject], values)


_PASSES = ("train", "recompute", "backward", "memory", "dtype")
_QUESTIONS = ("quantity", "solve", "leading", "asymptotics", "terms", "elasticity", "crossover", "for_")
_FORMS = ("json", "csv", "plot", "against", "stacked")
_OPTIONS = ("input", "after", "kernel", "c_out", "stride", "padding", "dilation", "compare")


def _near(subject: str, names: Sequence[str]) -> str:
    """The end of a sentence: names that begin like a subject, the nearest one, or where they are listed."""
    begun = [name for name in names if name.startswith(subject.lower())]
    if begun and len(begun) <= _MOST_NAMES:
        return f"; there {'is' if len(begun) == 1 else 'are'} {', '.join(begun)}."
    near = did_you_mean(subject, [*_SUBJECTS, *names])
    return near if near != "." else "; symderive cost --help lists the layers and networks."


def _layer(args: Namespace, subject: str, rest: list[str], named: dict[str, str]) -> int:
    """The cost of one layer or network, its sizes as words."""
    from symderive.layers import kinds
    from symderive.networks import members

    plain, network = subject.lower().replace("_", "").replace("-", ""), subject.lower().replace("-", "_")
    if ":" in subject:
        return _torch_model(args, subject, rest, named)
    is_file = subject.lower().endswith(".onnx")
    if args.dims is not None and not is_file:
        raise SymderiveError("cost: --dims names the open axes of an ONNX file, and the subject is none.")
    if plain not in kinds() and network not in members() and not is_file:
        raise SymderiveError(
            f'cost: unknown subject "{subject[:60]}"{_near(subject, (*kinds(), *members()))}'
        )
    given = [option for option in _OPTIONS if getattr(args, option) is not None]
    if given or rest:
        word = rest[0] if rest else f"--{given[0].replace('after', 'output').replace('_', '-')}"
        raise SymderiveError(
            f'cost: unexpected argument "{word[:60]}"; the sizes of a layer are words, as in k=5 or c_in=3.'
        )
    sizes = read_sizes(named)
    if is_file:
        values = {"network": subject, "sizes": sizes, "levels": args.levels, "dims": args.dims}
        return _answer(args, "network_cost", values)
    if plain in kinds():
        if args.levels is not None:
            raise SymderiveError("cost: --levels is about the table of a network, and this is a layer.")
        return _answer(args, "layer_cost", {"layer": subject, "sizes": sizes})
    return _answer(args, "network_cost", {"network": subject, "sizes": sizes, "levels": args.levels})


def _answer(args: Namespace, kind: str, values: dict[str, Any]) -> int:
    """A sheet with the answers to what was asked, or files for other programs."""
    asked = _asked(args)
    if not _is_export(args, asked):
        return answer(args, kind, values | asked)
    from symderive.solutions.parts.cost_subjects import cost_of

    return _export(args, asked, cost_of(kind, values))


def _asked(args: Namespace) -> dict[str, Any]:
    """What is asked beside the cost, by the keys of problem files."""
    return {
        "train": args.train,
        "recompute": _names(args.recompute, "--recompute"),
        "backward": args.backward,
        "memory": args.memory,
        "dtype": args.dtype,
        "quantity": _names(args.quantity, "--quantity"),
        "solve": args.solve,
        "leading": _names(args.leading, "--leading"),
        "asymptotics": _names(args.asymptotics, "--asymptotics"),
        "terms": args.terms,
        "elasticity": args.elasticity,
        "crossover": _names(args.crossover, "--crossover"),
        "for": args.for_,
    }


def _is_export(args: Namespace, asked: dict[str, Any]) -> bool:
    """Whether files for other programs, or a figure, are wanted, and no sheet."""
    check_plot(args)
    wanted = [f"--{name}" for name in ("json", "csv", "plot") if getattr(args, name) is not None]
    if not wanted:
        return False
    fitting = {
        "train",
        "recompute",
        "backward",
        "memory",
        "dtype",
        *(["quantity"] if wanted == ["--plot"] else []),
    }
    given = [f"--{key}" for key, value in asked.items() if value is not None and key not in fitting]
    if given or args.output is not None or args.format is not None:
        other = given[0] if given else "--out" if args.output is not None else "--format"
        raise SymderiveError(f"cost: {other} is about the sheet; leave it out, or {' and '.join(wanted)}.")
    if args.json is not None and args.json == args.csv:
        raise SymderiveError(f"cost: --json and --csv both go to {args.json}; name two files.")
    if len(asked["quantity"] or ()) > 1:
        raise SymderiveError("cost: --plot draws one quantity; name one.")
    return True


def _export(args: Namespace, asked: dict[str, Any], counted: Any) -> int:
    """The cost as JSON and CSV, each into a file or on stdout, and as a figure."""
    from symderive.cli._sheet import STDOUT
    from symderive.solutions.parts.cost_passes import asked_pass, dtype_of
    from symderive.solutions.writing import write_whole

    counted, dtype = asked_pass(asked | {"memory": True}, counted, _refusal), dtype_of(asked)
    contents = {"json": (args.json, counted.to_json), "csv": (args.csv, counted.to_csv)}
    for target, make in contents.values():
        if target == STDOUT:
            sys.stdout.write(make(dtype))
        elif target is not None:
            write_whole(target, make(dtype))
            print(f"wrote {target}")
    if args.plot is not None:
        write_plot(args, counted, (asked["quantity"] or ["macs"])[0], dtype)
    return 0


def _names(written: str | None, option: str) -> list[str] | None:
    """Names with commas between them."""
    if written is None:
        return None
    names = [one.strip() for one in written.split(",")]
    if not all(names):
        raise SymderiveError(f'cost: {option} is "{written[:60]}"; write names with commas between them.')
    return names


def _torch_model(args: Namespace, subject: str, rest: list[str], named: dict[str, str]) -> int:
    """The cost of a model in a module of the user's, which is imported to be counted."""
    given = [option for option in _OPTIONS if option != "input" and getattr(args, option) is not None]
    if given or rest or args.dims is not None:
        word = rest[0] if rest else f"--{(given or ['dims'])[0].replace('after', 'output').replace('_', '-')}"
        raise SymderiveError(
            f'cost: unexpected argument "{word[:60]}"; a torch model takes --input, --levels and numbers for '
            "the sizes of its input, as in B=1."
        )

    asked = _asked(args)
    is_export = _is_export(args, asked)

    def made() -> Any:
        from symderive.imports.torch_modules.located import located
        from symderive.solutions.parts.network_cost_input import imported_cost

        texts = dict(one.split("=", 1) for one in args.input or () if "=" in one)
        plain = tuple(one for one in args.input or () if "=" not in one)
        symbols = _symbols(args.symbols)
        return imported_cost(subject, located(subject), texts or plain or None, read_sizes(named), symbols)

    def make() -> Any:
        from symderive.solutions.document import Document
        from symderive.solutions.parts.network_section import network_section

        net, counted = made()
        section = network_section(net, counted, {**asked, "levels": args.levels, "title": ""}, _refusal)
        return Document(sections=(section,))

    return _export(args, asked, made()[1]) if is_export else deliver(args, make)


def _symbols(written: list[str] | None) -> dict[str, str] | None:
    """Names by places, from `place=name` with commas between them."""
    if written is None:
        return None
    found: dict[str, str] = {}
    for one in ",".join(written).split(","):
        place, mark, name = (part.strip() for part in one.partition("="))
        if not (place and mark and name) or place in found:
            wrong = "is given twice" if place in found else "is no place with a name"
            raise SymderiveError(
                f'cost: --symbols: "{one.strip()[:60]}" {wrong}; write for example "conv1.out_channels=w".'
            )
        found[place] = name
    return found


def _refusal(key: str, sentence: str) -> SymderiveError:
    """The error about an option."""
    return SymderiveError(f"cost: {sentence}" if key == "quantity" else f"cost: --{key}: {sentence}")


def _shape(written: str | None) -> list[int | str] | None:
    """`12x12x3` as sizes; a name may hold an x where the times sign ×, or a comma, parts the sizes."""
    if written is None:
        return None
    mark = next((mark for mark in ("×", ",", "x") if mark in written), "x")
    return [as_size(part.strip()) for part in written.split(mark)]
