"""Which numbers of a model become symbols, where some are named and others have to be equal to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy

from symderive.core.dims import Dim, Size
from symderive.cost.floors import one_floor
from symderive.errors import SymderiveError
from symderive.imports.torch_modules.sizes import floor_of
from symderive.imports.torch_modules.widths.declared import equations, has_taps, is_of_torch
from symderive.imports.torch_modules.widths.places import Place, Places, starred
from symderive.imports.torch_modules.widths.wanted import Wanted


@dataclass(frozen=True)
class Equality:
    """Something that is 0 whenever the model runs.

    Attributes:
        zero: the difference of two sizes.
        where: the line that asked for it, for messages; "" where none is known.
    """

    zero: Size
    where: str = ""


@dataclass(frozen=True)
class Settled:
    """Sizes for places of a model.

    Attributes:
        places: the places of the model.
        sizes: by the place.
        numbers: what the symbols in them are in the model.
        divisors: for a symbol, what divides it.
    """

    places: Places
    sizes: Mapping[Place, Size]
    numbers: Mapping[Dim, int]
    divisors: Mapping[Dim, Size] = field(default_factory=dict)


def opened(wanted: Wanted, *, is_wide: bool) -> Settled:
    """The model with a symbol of its own at each place that may have to change with those that are named.

    Args:
        wanted: what is named.
        is_wide: whether attributes of modules that are not torch's, or hold others, may change, too:
            multiples and divisors of a number that is named.
    """
    places = wanted.places
    named = {place.number for place in wanted.sizes if place.number > 1}
    has_kernels = any(place.attribute == "kernel_size" for place in wanted.sizes)
    found = dict.fromkeys(wanted.sizes)
    for path, module in places.modules.items():
        axes = [one for one in places.axes(path) if has_kernels or not has_taps(places, one, path)]
        attributes = [one for _, _, used in equations(places, path) for one in used]
        own = [*axes, *(one for one in attributes if has_kernels or one.attribute != "kernel_size")]
        is_whole = not is_of_torch(module) or (not attributes and len(list(module.children())) > 0)
        if is_wide and is_whole:
            own += [
                one
                for one in places.attributes(path, module)
                if any(_divides(one.number, number) for number in named)
            ]
        found.update(dict.fromkeys(place for place in own if place.number > 1))
    symbols = {place.symbol: place.number for place in found}
    return Settled(places, {place: place.symbol for place in found}, symbols)


def settled(
    wanted: Wanted, asked: Iterable[Equality], numbers: Mapping[Dim, int], fixed: Collection[Size] = ()
) -> Settled:
    """The sizes of all places that have to change with those that are named.

    A place is taken along where the model cannot run with its number. Where only divisibility is needed,
    it stays.

    Args:
        wanted: what is named.
        asked: what the model asked for when it ran with all places open.
        numbers: of the sizes of the inputs.
        fixed: the sizes of the inputs that are numbers.

    Raises:
        SymderiveError: a name stands at its number, for other places do; or two names are one size.
    """
    classes = _Classes(wanted, asked, numbers, fixed)
    classes.propagate()
    classes.check()
    by_symbol = wanted.places.by_symbol
    sizes = {by_symbol[symbol]: size for symbol, size in classes.known.items()}
    changed = {place: size for place, size in sizes.items() if wanted.is_named(size)}
    return Settled(wanted.places, changed, wanted.numbers, classes.divisors())


class _Classes:
    """The sizes that are known so far."""

    def __init__(
        self,
        wanted: Wanted,
        asked: Iterable[Equality],
        numbers: Mapping[Dim, int],
        fixed: Collection[Size],
    ) -> None:
        self.wanted, self.places, self.fixed = wanted, wanted.places, fixed
        declared = [
            Equality(place.symbol - size)
            for path in self.places.modules
            for place, size, _ in equations(self.places, path)
        ]
        self.known: dict[Dim, Size] = {
            symbol: sympy.S.One for symbol, place in self.places.by_symbol.items() if place.number == 1
        }
        self.known |= {place.symbol: size for place, size in wanted.sizes.items()}
        self.equalities = list(dict.fromkeys([*declared, *asked]))
        everything = {one: sympy.Integer(place.number) for one, place in self.places.by_symbol.items()}
        self.plain = everything
        self.numbers = {**everything, **wanted.numbers, **numbers}

    def propagate(self) -> None:
        """Solve for one place after the other."""
        is_changed = True
        while is_changed:
            is_changed = False
            for one in self.equalities:
                zero = one.zero.xreplace(self.known)
                if not self.wanted.is_named(zero) or self.stays(zero):
                    continue
                over = _numerator(self.divided(zero))
                unknown = self.unknown(over)
                size = self.solved(over, unknown[0]) if len(unknown) == 1 else None
                if size is not None:
                    self.known[unknown[0].symbol] = size
                    is_changed = True

    def unknown(self, zero: Size) -> list[Place]:
        """The places in it that are open."""
        by_symbol = self.places.by_symbol
        return sorted(
            (by_symbol[one] for one in zero.free_symbols if one in by_symbol), key=lambda place: place.name
        )

    def stays(self, zero: Size) -> bool:
        """Whether it holds with the numbers at all open places, where sizes can be divided."""
        return _numerator(self.divided(zero.xreplace(self.plain))) == 0

    def solved(self, over: Size, place: Place) -> Size | None:
        """What has to stand at a place, so that a polynomial is 0."""
        if not over.is_polynomial(place.symbol) or sympy.degree(over, place.symbol) != 1:
            return None
        slope = over.coeff(place.symbol)
        size = sympy.cancel(-(over - slope * place.symbol) / slope)
        return size if size.xreplace(self.numbers) == place.number else None

    def divided(self, zero: Size) -> Size:
        """The same with quotients in place of floors that are whole in the model."""
        for part in sorted(zero.atoms(sympy.floor, sympy.Mod), key=sympy.count_ops):
            inside = part.args[0]
            whole = floor_of(inside, self.is_whole) if isinstance(part, sympy.floor) else sympy.S.Zero
            if isinstance(part, sympy.floor) and self.is_whole(inside):
                whole = inside
            if part != whole and part.xreplace(self.numbers) == whole.xreplace(self.numbers):
                return self.divided(zero.xreplace({part: whole}))
        return zero

    def is_whole(self, size: Size) -> bool:
        """Whether a size is a whole number in the model."""
        return bool(sympy.sympify(size.xreplace(self.numbers)).is_Integer)

    def check(self) -> None:
        """Say which names stand at their numbers.

        Raises:
            SymderiveError: one does.
        """
        for one in self.equalities:
            zero = one.zero.xreplace(self.known)
            if self.wanted.is_named(zero) and not self.stays(zero):
                raise SymderiveError(f"symbols: {self.reason(zero)}{one.where}; {self.advice(zero)}")

    def reason(self, zero: Size) -> str:
        """Why a name stands at its number."""
        asked = self.wanted.numbers.keys() & zero.free_symbols
        zero = _numerator(self.divided(zero))
        named = sorted(self.wanted.numbers.keys() & zero.free_symbols or asked, key=str)
        unknown = self.unknown(zero)
        said = ", ".join(f"{one} ({self.wanted.names[one]})" for one in named)
        if unknown:
            held = dict.fromkeys(f"{starred(place.name)} is {place.number}" for place in unknown)
            return f"{_stand(named, self.wanted)} because {' and '.join(held)}"
        left, right = _sides(zero)
        return f"the model needs {left} = {right}, with {said}"

    def advice(self, zero: Size) -> str:
        """What to do about it."""
        zero = _numerator(self.divided(zero))
        unknown = list(dict.fromkeys(starred(place.name) for place in self.unknown(zero)))
        if unknown:
            given = ", ".join(f'"{name}": …' for name in unknown[:3])
            return f"give {'it' if len(unknown) == 1 else 'one of them'}, too, as in symbols={{{given}}}."
        named = self.wanted.numbers.keys() & zero.free_symbols
        if len(named) > 1:
            return "give both one name."
        (name,) = named
        number, same = self.wanted.numbers[name], self.same(self.wanted.numbers[name])
        advice = [f"write {name} in place of {number} in the input"] if number in self.fixed else []
        advice += [f"name what is still {number}: {', '.join(same)}"] if same else []
        return f"{', or '.join(advice) or 'its code has the number, so that the name is to be left out'}."

    def same(self, number: int) -> list[str]:
        """Some places with a number that are not known."""
        open_places = (
            place
            for path, module in self.places.modules.items()
            for place in (*self.places.axes(path), *self.places.attributes(path, module))
        )
        names = (
            starred(one.name) for one in open_places if one.number == number and one.symbol not in self.known
        )
        return list(dict.fromkeys(names))[:6]

    def divisors(self) -> dict[Dim, Size]:
        """What has to divide each name: denominators, and floors that the model takes for whole numbers."""
        found: dict[Dim, Size] = {}
        for quotient in dict.fromkeys(self.quotients()):
            over, under = sympy.fraction(sympy.cancel(quotient))
            for term in sympy.Add.make_args(sympy.expand(over)) if under != 1 else ():
                self.divide(found, *sympy.fraction(sympy.cancel(term / under)))
        return found

    def quotients(self) -> Iterator[Size]:
        """Sizes that are whole in the model, and not of themselves."""
        yield from (size for size in self.known.values() if self.wanted.is_named(size))
        for one in self.equalities:
            zero = one.zero.xreplace(self.known).xreplace(self.plain)
            if not self.wanted.is_named(zero) or sympy.expand(one_floor(zero)) == 0:
                continue
            for part in zero.atoms(sympy.floor, sympy.Mod):
                quotient = part.args[0] if isinstance(part, sympy.floor) else part.args[0] / part.args[1]
                if self.is_whole(self.divided(quotient)):
                    yield self.divided(quotient)

    def divide(self, found: dict[Dim, Size], over: Size, under: Size) -> None:
        """Note a divisor of one of the names above.

        Raises:
            SymderiveError: there is none that it divides.
        """
        if under == 1:
            return
        for symbol in sorted(over.free_symbols & self.wanted.numbers.keys(), key=str):
            divisor = sympy.lcm(found.get(symbol, sympy.S.One), under)
            value = sympy.Rational(self.wanted.numbers[symbol], int(self.wanted.value(divisor)))
            if symbol not in divisor.free_symbols and value.is_Integer:
                found[symbol] = divisor
                return
        raise SymderiveError(
            f"symbols: {over}/{under} is a size, and none of the names above can be divided; write the sizes "
            'as products, as in "h*k" in place of "d".'
        )


def _divides(one: int, other: int) -> bool:
    """Whether one of two numbers divides the other."""
    return one % other == 0 or other % one == 0


def _numerator(size: Size) -> Size:
    return sympy.expand(sympy.fraction(sympy.cancel(size))[0])


def _is_factor(symbol: Any, total: Size) -> bool:
    return all(symbol in term.free_symbols for term in sympy.Add.make_args(total))


def _stand(named: list[Dim], wanted: Wanted) -> str:
    if len(named) == 1:
        return f"{named[0]} stands at {wanted.numbers[named[0]]}"
    return f"{', '.join(f'{one} = {wanted.numbers[one]}' for one in named)} cannot change"


def _sides(zero: Size) -> tuple[Any, Any]:
    """A polynomial that is to be 0 as two sides without minus signs, and without a factor of both."""
    zero = sympy.expand(sympy.primitive(zero)[1])
    zero = sympy.expand(zero / sympy.Mul(*(one for one in zero.free_symbols if _is_factor(one, zero))))
    terms = sympy.Add.make_args(zero)
    minus = [-term for term in terms if term.could_extract_minus_sign()]
    return sympy.Add(*(term for term in terms if not term.could_extract_minus_sign())), sympy.Add(*minus)
