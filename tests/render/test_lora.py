"""LoRAs: files by every hand, as exact as merging them, by region, coming and going without a picture lost."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS, PARAMETERS, Artist
from render.exclusion import USUAL
from render.lora import REST_SECONDS
from render.lora_file import Lora, first_release_names, known_layers, merge, read_lora
from render.machine import Machine
from render.models import Models, Wishes, load_models
from render.prompts import Wish
from show.errors import ArtistError
from show.frames import Pictures
from show.log import start_log
from show.parameter import Value, options
from show.snapshot import Phrase
from tests.render import lora_files
from tests.render.lora_files import ATTENTION, Halves, changes, save
from tests.render.small import HEIGHT, WIDTH, region, snapshot

CPU = Machine(torch.device("cpu"), torch.float32, "the CPU")
NAMES = ("left", "centre", "right")
DEFAULTS: dict[str, Value] = {parameter.address: parameter.default for parameter in PARAMETERS}
EVERYWHERE = (*ATTENTION, "proj_in", "conv1", "conv_shortcut", "time_emb_proj", "conv", "linear_1")
"""Layers of every kind: products, convolutions with and without a kernel, the clock."""


def load(folder: Path, **wishes: Any) -> Models:
    torch.set_num_threads(1)
    return load_models(str(folder), "", CPU, lambda _: None, Wishes(**wishes))


@pytest.fixture(scope="module")
def plain(one_model: Path) -> Models:
    return load(one_model)


@pytest.fixture(scope="module")
def ink(plain: Models, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA that changes the UNet all over."""
    return save(lora_files.kohya(changes(plain.unet, EVERYWHERE)), tmp_path_factory.mktemp("lora") / "ink.safetensors")


@pytest.fixture(scope="module")
def spoken(plain: Models, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA that changes the text encoder alone."""
    found = changes(plain.towers.towers[0].encoder, ("q_proj", "v_proj", "fc1"), size=1.0)
    return save(lora_files.kohya(found, "lora_te"), tmp_path_factory.mktemp("lora") / "spoken.safetensors")


@pytest.mark.parametrize("style", [lora_files.peft, lora_files.diffusers, lora_files.kohya, lora_files.processors])
def test_files_by_every_hand_say_the_same(
    plain: Models, tmp_path: Path, style: Callable[[lora_files.Changes], Mapping[str, Tensor]]
) -> None:
    found = changes(plain.unet, ATTENTION)
    path = save(style(found), tmp_path / "a.safetensors")
    read = read_lora(path, known_layers({"unet": plain.unet}), "LoRA a")
    assert read.strange == 0
    assert set(read.layers["unet"]) == set(found)
    for name, low in read.layers["unet"].items():
        torch.testing.assert_close(low.up.flatten(1) @ low.down.flatten(1), found[name].change, atol=1e-6, rtol=1e-5)


def test_a_stated_alpha_scales_by_the_rank_and_may_be_negative(plain: Models, tmp_path: Path) -> None:
    (name, halves), *_ = changes(plain.unet, ATTENTION).items()
    for alpha in (1.0, 12.0, -2.0):
        given = {name: Halves(halves.down, halves.up, alpha)}
        path = save(lora_files.kohya(given), tmp_path / f"{alpha}.safetensors")
        low = read_lora(path, known_layers({"unet": plain.unet}), "LoRA a").layers["unet"][name]
        torch.testing.assert_close(low.up @ low.down, halves.change * alpha / 3, atol=1e-6, rtol=1e-5)


def test_an_alpha_in_the_metadata_of_peft_counts(plain: Models, tmp_path: Path) -> None:
    (name, halves), *_ = changes(plain.unet, ATTENTION).items()
    tensors = {key: tensor.contiguous() for key, tensor in lora_files.peft({name: halves}).items()}
    save_file(tensors, tmp_path / "a.safetensors", {"lora_adapter_metadata": '{"unet.lora_alpha": 6, "unet.r": 3}'})
    low = read_lora(tmp_path / "a.safetensors", known_layers({"unet": plain.unet}), "LoRA a").layers["unet"][name]
    torch.testing.assert_close(low.up @ low.down, 2 * halves.change, atol=1e-6, rtol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_names_of_the_first_release_are_those_that_diffusers_translates() -> None:
    """diffusers turns SDXL's kohya names into its own by another way than we do: both must meet."""
    from diffusers import UNet2DConditionModel
    from diffusers.loaders.lora_conversion_utils import (
        _convert_non_diffusers_lora_to_diffusers,
        _maybe_map_sgm_blocks_to_diffusers,
    )

    from render.bench.random_model import unet_config

    with torch.device("meta"):
        unet = UNet2DConditionModel(**unet_config("sdxl-turbo", narrow=True))
    names = first_release_names(unet)
    wanted = [name for name in names if name.endswith((*ATTENTION, "proj_in", "ff.net.2", "conv1", "conv_shortcut"))]
    rank = torch.zeros(1, 1)
    file = lora_files.first_release({name: Halves(rank, rank) for name in wanted}, names)
    ours = known_layers({"unet": unet})
    for name in wanted:
        assert ours[f"lora_unet_{names[name].replace('.', '_')}"].layer == name
    theirs, _ = _convert_non_diffusers_lora_to_diffusers(_maybe_map_sgm_blocks_to_diffusers(file, unet.config))
    said = {key.removeprefix("unet.") for key in theirs}
    for name in (name for name in wanted if name.endswith(("to_q", "proj_in", "ff.net.2"))):
        assert any(key.startswith((f"{name}.", name.replace("to_q", "processor.to_q_lora"))) for key in said), name


@pytest.mark.filterwarnings("ignore")
def test_a_merged_lora_is_what_diffusers_own_loader_makes_of_the_file(one_model: Path, ink: Path) -> None:
    from diffusers import StableDiffusionPipeline, UNet2DConditionModel

    theirs = UNet2DConditionModel.from_pretrained(one_model / "unet").eval()
    found, alphas = StableDiffusionPipeline.lora_state_dict(str(ink), unet_config=theirs.config)
    StableDiffusionPipeline.load_lora_into_unet(found, network_alphas=alphas, unet=theirs, _pipeline=None)
    ours = load(one_model, distil=str(ink))
    x, words = torch.randn(2, 4, 8, 8), torch.randn(2, 24, 32)
    with torch.inference_mode():
        expected = theirs(x, 400, encoder_hidden_states=words).sample
        torch.testing.assert_close(ours.forward(x, 400, words), expected, atol=1e-4, rtol=1e-4)


def test_beside_the_layers_it_is_what_it_is_merged_by_region_and_by_scale(one_model: Path, ink: Path) -> None:
    scales = {"left": 1.0, "centre": 0.0, "right": -0.4}
    beside = load(one_model, loras={"ink": str(ink)})
    merged = {}
    for name, scale in scales.items():
        merged[name] = load(one_model)
        merge(read_lora(ink, known_layers({"unet": merged[name].unet}), "LoRA"), {"unet": merged[name].unet}, scale)
    regions = [region(name, words=f"a red boat {name}", words_b=(Phrase("rain"),), mix=0.3) for name in NAMES]
    values: dict[str, Value] = {"artist/lora/ink": 2.0}
    values |= {f"artist/lora/ink/{name}": scale / 2 for name, scale in scales.items()}
    beside.loras.tick(values, NAMES, 0.0)
    x = torch.randn(1, 4, 8, 8).expand(3, -1, -1, -1)
    with torch.inference_mode():
        words = beside.reader.words(regions, wish=Wish(loras=beside.loras.scales))
        found = beside.forward(x, 300, words)
        for number, name in enumerate(NAMES):
            alone = merged[name].reader.words([regions[number]])
            expected = merged[name].forward(x[:1], 300, alone)
            torch.testing.assert_close(found[number : number + 1], expected, atol=1e-4, rtol=1e-4)
        assert (found[0] - found[1]).abs().max() > 1e-2


def test_guidance_that_doubles_the_batch_keeps_every_regions_scale(one_model: Path, ink: Path) -> None:
    models = load(one_model, loras={"ink": str(ink)})
    phrases = (Phrase("a red boat"), Phrase("red", -1.0))
    regions = [region(name, words_a=phrases) for name in NAMES]
    models.loras.tick({"artist/lora/ink": 1.0, "artist/lora/ink/left": 0.0}, NAMES, 0.0)
    x = torch.randn(1, 4, 8, 8).expand(3, -1, -1, -1)
    with torch.inference_mode():
        wish = Wish("cfg", USUAL["cfg"], models.loras.scales)
        together = models.forward(x, 300, models.reader.words(regions, wish=wish))
        models.loras.tick({"artist/lora/ink": 1.0}, ("right",), 0.1)
        alone = models.forward(
            x[:1], 300, models.reader.words(regions[2:], wish=Wish("cfg", USUAL["cfg"], models.loras.scales))
        )
    torch.testing.assert_close(together[2:], alone, atol=1e-4, rtol=1e-4)
    assert (together[0] - together[2]).abs().max() > 1e-2


def test_a_lora_of_the_text_encoder_changes_what_phrases_say(one_model: Path, spoken: Path) -> None:
    beside, merged = load(one_model, loras={"spoken": str(spoken)}), load(one_model, distil=str(spoken))
    assert not torch.allclose(merged.reader.embed("a red boat"), beside.reader.embed("a red boat"), atol=1e-2)
    beside.loras.tick({"artist/lora/spoken": 1.0}, NAMES[:1], 0.0)
    words = beside.reader.words([region()], wish=Wish(loras=beside.loras.scales))
    torch.testing.assert_close(words.packed, merged.reader.words([region()]).packed, atol=1e-4, rtol=1e-4)


def test_for_a_compiled_network_it_is_there_from_the_start_and_no_layer_is_exchanged(
    one_model: Path, ink: Path
) -> None:
    models = load(one_model, loras={"ink": str(ink)}, compiled=True)
    live = load(one_model, loras={"ink": str(ink)})
    x, layers = torch.randn(1, 4, 8, 8), dict(models.unet.named_modules())
    for life, scale in ((0.0, 0.0), (1.0, 0.7), (2.0, 0.0), (3.0 + REST_SECONDS, 0.0)):
        with torch.inference_mode():
            made = []
            for one in (models, live):
                one.loras.tick({"artist/lora/ink": scale}, ("left",), life)
                wish = Wish(loras=one.loras.scales)
                made.append(one.forward(x, 300, one.reader.words([region()], wish=wish)))
        torch.testing.assert_close(made[0], made[1], atol=1e-5, rtol=1e-5)
        assert dict(models.unet.named_modules()) == layers
    assert models.version == 1
    assert live.version == 2


def test_layers_that_the_model_has_not_are_told(
    one_model: Path, plain: Models, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    start_log("render", tmp_path)
    tensors = lora_files.kohya(changes(plain.unet, ATTENTION))
    more = {key.replace("down_blocks_1", "down_blocks_7"): tensor for key, tensor in tensors.items()}
    load(one_model, loras={"odd": str(save(tensors | more, tmp_path / "odd.safetensors"))})
    count = len([key for key in more if key.endswith("lora_up.weight") and "down_blocks_7" in key])
    assert f"LoRA odd: {count} of the layers that it changes are not in this model" in capfd.readouterr().err


def artist(folder: Path, loras: str, *, deterministic: bool) -> Artist:
    given = options(OPTIONS, {"model": str(folder), "device": "cpu", "threads": 1, "loras": loras}, "artist")
    return Artist.load(Studio(WIDTH, HEIGHT, NAMES, given, deterministic=deterministic))


def paint(made: Artist, k: int, **scales: float) -> Pictures:
    """A painting from noise, ten a second, with the scales of LoRAs by the rest of their address."""
    values = DEFAULTS | {"artist/feedback": 0.0} | {f"artist/lora/{name}": scale for name, scale in scales.items()}
    return made.paint(snapshot(id=k, life=k / 10, values=values)).pictures.copy()


def test_a_track_fades_it_in_and_out_and_what_was_there_before_comes_back_to_the_bit(
    one_model: Path, ink: Path, spoken: Path
) -> None:
    made = artist(one_model, f"ink = {ink}, {spoken}", deterministic=True)
    before = paint(made, 0)
    assert np.array_equal(before, paint(made, 1, ink=0.0))
    way = [paint(made, 2 + k, ink=k / 8) for k in range(9)]
    steps = [float(np.abs(a.astype(float) - b).mean()) for a, b in itertools.pairwise(way)]
    assert np.array_equal(way[0], before)
    assert 0 < max(steps) < 0.5 * float(np.abs(way[0].astype(float) - way[-1]).mean())
    one = paint(made, 12, **{"ink": 1.0, "ink/left": 0.0, "ink/right": 0.0})
    assert np.array_equal(one[[0, 2]], before[[0, 2]])
    assert not np.array_equal(one[1], before[1])
    both = paint(made, 13, ink=1.0, spoken=1.0)
    assert not np.array_equal(both, way[-1])
    # Out of use for long enough it is let go of, and the model's own layers stand again.
    assert np.array_equal(paint(made, 14), before)
    assert np.array_equal(paint(made, 15 + int(REST_SECONDS * 10)), before)
    assert type(made._whole()._models.unet.conv_in).__name__ == "Conv2d"
    assert not made._whole()._models.loras._loaded
    assert np.array_equal(paint(made, 99, ink=1.0), way[-1])
    made.close()


def test_loading_in_the_background_drops_no_picture(
    one_model: Path, ink: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is read by a thread; until it is there pictures are painted as before, then with it."""
    made = artist(one_model, f"ink = {ink}", deterministic=False)
    loras, go = made._whole()._models.loras, threading.Event()
    read = loras._read

    def slow(name: str) -> Lora:
        assert go.wait(60)
        return read(name)

    monkeypatch.setattr(loras, "_read", slow)
    before = paint(made, 0)
    assert all(np.array_equal(paint(made, k, ink=1.0), before) for k in (1, 2))
    go.set()
    assert loras._coming is not None
    loras._coming.result(60)
    assert not np.array_equal(paint(made, 3, ink=1.0), before)
    made.close()


def test_a_file_that_vanishes_during_the_show_is_told_and_the_show_goes_on(
    one_model: Path, ink: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    start_log("render", tmp_path)
    copy = tmp_path / "gone.safetensors"
    copy.write_bytes(ink.read_bytes())
    made = artist(one_model, f"gone = {copy}", deterministic=True)
    before = paint(made, 0)
    copy.unlink()
    assert all(np.array_equal(paint(made, k, gone=1.0), before) for k in (1, 2, 3))
    assert capfd.readouterr().err.count("the show goes on without the LoRA gone") == 1
    copy.write_bytes(ink.read_bytes())
    paint(made, 4, gone=0.0)
    assert not np.array_equal(paint(made, 5, gone=1.0), before)
    made.close()


@pytest.mark.parametrize(
    "spoil, told",
    [
        (lambda t: {k.replace("lora_down.weight", "hada_w1_a"): v for k, v in t.items()}, "a LoHa"),
        (lambda t: {**t, "lora_unet_x.dora_scale": torch.ones(1)}, "a DoRA"),
        (lambda t: {f"other_{k}": v for k, v in t.items()}, "another kind of model"),
        (lambda t: {k: v for k, v in t.items() if "lora_up" not in k}, "one half is missing"),
        (lambda t: {k: v[..., :-1] if "lora_down" in k else v for k, v in t.items()}, "but the model's layer is"),
        (lambda t: {**t, "conv_in.weight": torch.ones(1)}, "is no part of a LoRA"),
    ],
)
def test_files_of_another_kind_are_refused_in_one_sentence_before_the_doors_open(
    one_model: Path, plain: Models, tmp_path: Path, spoil: Callable[[dict[str, Tensor]], dict[str, Tensor]], told: str
) -> None:
    tensors = spoil(lora_files.kohya(changes(plain.unet, ATTENTION)))
    path = save(tensors, tmp_path / "odd.safetensors")
    with pytest.raises(ArtistError, match=told) as caught:
        load(one_model, loras={"odd": str(path)})
    assert "odd" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_had_are_named(one_model: Path, ink: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtistError, match="no such file"):
        load(one_model, loras={"ink": str(tmp_path / "nothing.safetensors")})
    with pytest.raises(ArtistError, match="can run code"):
        load(one_model, distil=str(tmp_path / "old.ckpt"))
    with pytest.raises(ArtistError, match=r"expected one \.safetensors file, found none"):
        load(one_model, loras={"ink": str(tmp_path)})
    (tmp_path / "cut.safetensors").write_bytes(ink.read_bytes()[:-9])
    with pytest.raises(ArtistError, match="damaged"):
        load(one_model, loras={"ink": str(tmp_path / "cut.safetensors")})
