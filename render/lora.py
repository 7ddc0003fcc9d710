"""LoRAs that come, go and change their strength while the show plays, in every region by its own scale.

A LoRA is not merged: it runs beside the layers that it changes, `y + up(scale * down(x))` with one scale per row of the
batch (arXiv 2106.09685), so that three regions of one batch may differ. What several LoRAs do to a layer is one product
of matrices, their ranks side by side. Layers that no LoRA changes are the model's own, and so is every layer again when
the last one has gone: its pictures are then the same to the bit.

What a LoRA changes in reading and projecting words is kept per phrase by the reader (render/prompts.py) instead. It is
linear in the scale for the projections; for a LoRA that changes a text encoder it is exact at 0 and 1 and the straight
line between.

Files are checked when the artist loads. When a scale leaves 0 they are read and the layers are made in the background;
the painting thread only puts these in their places. A LoRA whose scales have all been 0 for REST_SECONDS is let go of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from render.lora_file import Lora, LowRank, Networks, known_layers, read_lora
from render.machine import Machine
from show.errors import ArtistError
from show.log import get_log
from show.parameter import Value

REST_SECONDS: Final = 5.0
"""Time after which a LoRA that is nowhere in use is let go of."""
REGIONS_MOST: Final = 64
_UNET: Final = "unet"


class Beside(nn.Module):
    """A layer with low-rank paths beside it; `scales` (L, REGIONS_MOST) is shared by all layers of a network."""

    def __init__(self, base: nn.Module, paths: Sequence[tuple[int, LowRank]], scales: Tensor, rows: Rows) -> None:
        super().__init__()
        self.base = base
        self._down = torch.cat([low.down for _, low in paths])
        self._up = torch.cat([low.up for _, low in paths], 1)
        numbers = [number for number, low in paths for _ in range(low.rank)]
        self._numbers = torch.tensor(numbers, device=scales.device)
        self._scales = scales
        self._rows = rows

    def forward(self, x: Tensor, *more: Any) -> Tensor:
        """Return what the layer makes of `x` (N, ..., I) or (N, I, h, w)."""
        base: Any = self.base
        scale = self._scales[:, : self._rows.count].index_select(0, self._numbers).T
        # Guidance runs every region more than once in a batch.
        scale = scale.repeat(len(x) // len(scale), 1).to(x.dtype)
        if x.ndim == 4 and self._down.ndim == 4:
            inner = functional.conv2d(x, self._down, None, base.stride, base.padding, base.dilation)
            added = functional.conv2d(inner * scale[:, :, None, None], self._up)
        else:
            inner = functional.linear(x, self._down)
            added = functional.linear(inner * scale.reshape(len(x), *(1,) * (x.ndim - 2), -1), self._up)
        return cast(Tensor, base(x, *more) + added)

    @property
    def weight(self) -> Any:
        """The layer's own weight; diffusers looks at its number format."""
        return self.base.weight


class Rows:
    """How many regions a batch has; shared by all layers."""

    count = 1


class _Place(NamedTuple):
    """Where a layer stands in its network, and the model's own one."""

    parent: nn.Module
    last: str
    module: nn.Module


class _Layers(NamedTuple):
    """LoRAs that are ready to take effect, and by layer what they make of it."""

    loras: dict[str, Lora]
    places: dict[str, tuple[_Place, Beside]]


class Loras:
    """All LoRAs of an artist by name.

    `sources` are their files, checked when this is made; raise ArtistError for one that does not fit. `kept_out` says
    which layers of the UNet are not to be touched because the reader applies them. `waits`: load on the spot. `stays`:
    load now and never let go, for a compiled network, which an exchange of layers would have compiled again.
    """

    def __init__(
        self,
        sources: Mapping[str, Path],
        networks: Networks,
        machine: Machine,
        kept_out: Callable[[str], bool],
        *,
        waits: bool,
        stays: bool = False,
    ) -> None:
        self.names = tuple(sources)
        self.version = 0
        self.scales: dict[str, tuple[float, ...]] = {}
        self._sources = dict(sources)
        self._networks = networks
        self._known = known_layers(networks) if sources else {}
        self._machine = machine
        self._kept_out = kept_out
        self._waits = waits
        self._stays = stays
        self._numbers = {name: number for number, name in enumerate(sources)}
        self._buffer = torch.zeros(max(1, len(sources)), REGIONS_MOST, device=machine.device)
        self._sent = torch.zeros(max(1, len(sources)), REGIONS_MOST)
        self._rows = Rows()
        self._loaded: dict[str, Lora] = {}
        self._coming: Future[_Layers] | None = None
        self._broken: set[str] = set()
        self._idle_since: dict[str, float] = {}
        self._plain: dict[str, _Place] = {}
        self._forget: Callable[[str], None] = lambda _name: None
        self._desk = ThreadPoolExecutor(1, "loras")
        for name, source in sources.items():
            strange = read_lora(source, self._known, f"LoRA {name}").strange
            if strange:
                get_log().warning(f"LoRA {name}: {strange} of the layers that it changes are not in this model")
        if stays and sources:
            self._exchange(self._made(frozenset(sources), {}))

    def on_forget(self, forget: Callable[[str], None]) -> None:
        """Have `forget` called with the name of every LoRA that is let go of."""
        self._forget = forget

    def tick(self, values: Mapping[str, Value], regions: Sequence[str], life: float) -> None:
        """Bring loads, layers and scales up to what a snapshot's values say for regions by name.

        `artist/lora/NAME` is a LoRA's scale, `artist/lora/NAME/REGION` a factor for one region. After this `scales`
        says what is in effect per region, and `version` has grown when layers were exchanged.
        """
        if not self.names:
            return
        wanted = {name: _wanted(values, name, regions) for name in self.names}
        self._turn(frozenset(name for name, scales in wanted.items() if self._due(name, scales, life)))
        self._rows.count = len(regions)
        self.scales = {name: scales for name, scales in wanted.items() if name in self._loaded and any(scales)}
        self._send(len(regions))

    def project(self, lora: str, name: str, layer: nn.Module, words: Tensor) -> Tensor:
        """Return keys or values (M, T, I) of embeddings with a LoRA at scale 1, for `WordLayers.pack`."""
        made = cast(Tensor, layer(words))
        low = self._loaded[lora].layers.get(_UNET, {}).get(name) if lora in self._loaded else None
        if low is None:
            return made
        return made + functional.linear(functional.linear(words, low.down), low.up)

    @contextmanager
    def reading(self, lora: str) -> Iterator[None]:
        """Have the text encoders changed by one LoRA at scale 1 inside the block; one thread at a time."""
        exchanged: list[tuple[nn.Module, str, nn.Module]] = []
        scales = torch.ones(1, 1, device=self._machine.device)
        found = self._loaded[lora].layers if lora in self._loaded else {}
        try:
            for network in found:
                if network == _UNET:
                    continue
                for name, low in found[network].items():
                    parent, last = _parent(self._networks[network], name)
                    layer = cast(nn.Module, getattr(parent, last))
                    exchanged.append((parent, last, layer))
                    setattr(parent, last, Beside(layer, [(0, low)], scales, Rows()))
            yield
        finally:
            for parent, last, layer in exchanged:
                setattr(parent, last, layer)

    def close(self) -> None:
        """End the thread that loads."""
        self._desk.shutdown(wait=False, cancel_futures=True)

    def _send(self, regions: int) -> None:
        """Write the scales into the buffer that the layers read, if they have changed."""
        table = torch.zeros_like(self._sent)
        for name, scales in self.scales.items():
            table[self._numbers[name], :regions] = torch.tensor(scales)
        if not torch.equal(table, self._sent):
            self._buffer.copy_(table)
            self._sent = table

    def _due(self, name: str, scales: Sequence[float], life: float) -> bool:
        """Say whether a LoRA is to be in memory: in use, or nowhere in use for too short a time to be let go of."""
        if any(scales):
            self._idle_since.pop(name, None)
            return name not in self._broken
        self._broken.discard(name)
        if self._stays or name not in self._loaded:
            return self._stays
        since = self._idle_since[name] = min(self._idle_since.get(name, life), life)
        return life - since < REST_SECONDS

    def _turn(self, names: frozenset[str]) -> None:
        """Have these LoRAs loaded and no others; the ones before stand until all is ready."""
        if self._coming is not None:
            if not self._coming.done():
                return
            coming, self._coming = self._coming, None
            self._exchange(coming.result())
        if names == self._loaded.keys():
            return
        if self._waits:
            self._exchange(self._made(names, self._loaded))
        else:
            self._coming = self._desk.submit(self._made, names, self._loaded)

    def _made(self, names: frozenset[str], loaded: Mapping[str, Lora]) -> _Layers:
        """Read what is not loaded yet, and make all layers; one that can no longer be read is told and left out."""
        loras: dict[str, Lora] = {}
        paths: dict[str, list[tuple[int, LowRank]]] = {}
        for name in sorted(names):
            try:
                loras[name] = loaded[name] if name in loaded else self._read(name)
            except (ArtistError, OSError) as error:
                self._broken.add(name)
                get_log().warning(f"{error}; the show goes on without the LoRA {name}")
                continue
            for layer, low in loras[name].layers.get(_UNET, {}).items():
                if not self._kept_out(layer):
                    paths.setdefault(layer, []).append((self._numbers[name], low))
        unet, places = self._networks[_UNET], {}
        for layer, found in paths.items():
            parent, last = _parent(unet, layer)
            plain = self._plain[layer].module if layer in self._plain else cast(nn.Module, getattr(parent, last))
            beside = Beside(plain, found, self._buffer, self._rows)
            places[layer] = (_Place(parent, last, plain), beside)
        return _Layers(loras, places)

    def _read(self, name: str) -> Lora:
        found = read_lora(self._sources[name], self._known, f"LoRA {name}")
        return found.to(self._machine.device, self._machine.dtype)

    def _exchange(self, made: _Layers) -> None:
        """Put every layer of the UNet to what was made of it, and let go of the LoRAs that are no longer there."""
        for layer in [layer for layer in self._plain if layer not in made.places]:
            place = self._plain.pop(layer)
            setattr(place.parent, place.last, place.module)
        for layer, (place, beside) in made.places.items():
            self._plain[layer] = place
            setattr(place.parent, place.last, beside)
        gone = self._loaded.keys() - made.loras.keys()
        self._loaded = made.loras
        for name in gone:
            self._idle_since.pop(name, None)
            self._forget(name)
        self.version += 1


def _wanted(values: Mapping[str, Value], name: str, regions: Sequence[str]) -> tuple[float, ...]:
    whole = float(values.get(f"artist/lora/{name}", 0.0))
    return tuple(whole * float(values.get(f"artist/lora/{name}/{region}", 1.0)) for region in regions)


def _parent(network: nn.Module, name: str) -> tuple[nn.Module, str]:
    before, _, last = name.rpartition(".")
    return network.get_submodule(before) if before else network, last
