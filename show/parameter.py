"""Parameters: controls that are declared once; OSC, REST, the phone page, validation and docs follow from here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from show.errors import OrielError, did_you_mean

Value = float | int | bool | str
Kind = Literal["float", "int", "bool", "text", "choice"]


class ParameterError(OrielError):
    """A value does not fit its parameter, or the address is unknown."""


class Parameter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One declared control.

    `address` is a path without a leading slash ("artist/strength"); `minimum` and `maximum` bound numbers and are
    inclusive; `choices` lists what a "choice" may be; `unit` is written as the artist says it ("degrees/s"); `live` is
    False for what can only be set before the start.
    """

    address: str
    kind: Kind
    default: Value
    label: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    live: bool = True

    def accept(self, value: object) -> Value:
        """Return `value` as this parameter's own type, clamped to its range; raise ParameterError if it cannot be."""
        if type(value) is float and self.kind == "float" and math.isfinite(value) and self.within(value):
            return value  # the usual case, some hundred times per step
        if self.kind == "text":
            if isinstance(value, str):
                return value[:2000]
            raise self._refusal("a text", value)
        if self.kind == "choice":
            if isinstance(value, str) and value in self.choices:
                return value
            near = did_you_mean(value, self.choices) if isinstance(value, str) else ""
            raise self._refusal("one of " + ", ".join(self.choices), value, near)
        if self.kind == "bool":
            return self._accept_bool(value)
        return self._accept_number(value)

    def _accept_bool(self, value: object) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, int | float) and value in (0, 1):
            return bool(value)
        raise self._refusal("true or false", value)

    def _accept_number(self, value: object) -> float | int:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._refusal("a number", value)
        if self.kind == "int" and value != int(value):
            raise self._refusal("a whole number", value)
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        bounded = min(max(value, low), high)
        return int(bounded) if self.kind == "int" else float(bounded)

    def within(self, value: float) -> bool:
        """Say whether a number lies in the declared range."""
        return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)

    def _refusal(self, expected: str, value: object, hint: str = "") -> ParameterError:
        return ParameterError(f"{self.address}: expected {expected}, got {value!r}{hint}")


class ParameterTree(Mapping[str, Parameter]):
    """All parameters of one show by address; a later declaration of the same address is an error."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._by_address: dict[str, Parameter] = {}
        for parameter in parameters:
            if parameter.address in self._by_address:
                raise ParameterError(f"{parameter.address}: declared twice")
            self._by_address[parameter.address] = parameter

    def __getitem__(self, address: str) -> Parameter:
        return self._by_address[address]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_address)

    def __len__(self) -> int:
        return len(self._by_address)

    def find(self, address: str) -> Parameter:
        """Return the parameter at `address`, or raise ParameterError with a did-you-mean."""
        found = self._by_address.get(address)
        if found is None:
            raise ParameterError(f"{address}: no such parameter{did_you_mean(address, self._by_address)}")
        return found

    def defaults(self) -> dict[str, Value]:
        """Return the default of every parameter by address."""
        return {address: parameter.default for address, parameter in self._by_address.items()}


def options(declared: Iterable[Parameter], given: Mapping[str, object], owner: str) -> dict[str, Value]:
    """Return the options of a plug-in module: its declared defaults overlaid with what the show file gives.

    Raises ParameterError naming `owner` for an unknown key (with a did-you-mean), a wrong type or a number
    outside its range.
    """
    known = {parameter.address: parameter for parameter in declared}
    result = {key: parameter.default for key, parameter in known.items()}
    for key, value in given.items():
        parameter = known.get(key)
        if parameter is None:
            raise ParameterError(f"{owner}: unknown option {key!r}{did_you_mean(key, known)}")
        try:
            accepted = parameter.accept(value)
        except ParameterError as error:
            raise ParameterError(f"{owner}: option {error}") from None
        if isinstance(value, int | float) and accepted != value:
            bounds = f"{parameter.minimum} to {parameter.maximum}"
            raise ParameterError(f"{owner}: option {key} must lie in {bounds}, got {value}")
        result[key] = accepted
    return result
